package io.llmd.gateway.console;

import io.llmd.gateway.observe.RequestOutcome;
import io.llmd.gateway.observe.RequestRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * Says what stands out about a request that is over: which of its time was out of the ordinary, and why. An endpoint is slow
 * when requests with about as many tokens to compute, at about the same time, were faster elsewhere. For one thread.
 */
final class Findings {

    /** Less is not worth a word. */
    private static final long NOTABLE_MICROS = 50_000;

    private static final double NOTABLE_SHARE = 0.2;
    private static final int MANY_TOKENS = 512;
    private static final double COLD = 0.2;
    private static final double SLOW = 1.8;
    /** So many of those nearest in time tell what was usual, because an endpoint may have become slow only then. */
    private static final int MOST_HERE = 3;

    private static final int FEWEST_HERE = 2;
    private static final int MOST_ELSEWHERE = 20;
    private static final int FEWEST_ELSEWHERE = 3;
    /** Tokens by which two requests may always differ and yet be alike; bytes, where the endpoint did not count. */
    private static final int ALIKE_TOKENS = 64;

    private static final int ALIKE_BYTES = 256;

    private static final int FEWEST_PACED_TOKENS = 8;

    /**
     * One thing that stands out.
     *
     * @param cause in one or two words
     * @param micros time that it cost, as far as that can be told
     * @param text one sentence or two
     */
    record Finding(String cause, long micros, String text) {}

    private final RequestRecord request;
    private final JsonNode decisions;
    private final Collection<RequestRecord> others;
    private final List<Finding> found = new ArrayList<>();

    private Findings(RequestRecord request, JsonNode decisions, Collection<RequestRecord> others) {
        this.request = request;
        this.decisions = decisions;
        this.others = others;
    }

    /**
     * What stands out, that which cost the most first; never empty.
     *
     * @param decisions what the scheduler recorded for each attempt, a missing node when it did not
     * @param others requests that were there at about the same time, itself among them, the nearest first
     */
    static List<Finding> of(RequestRecord request, JsonNode decisions, Collection<RequestRecord> others) {
        Findings findings = new Findings(request, decisions, others);
        findings.outcome();
        findings.beforeTheEndpoint();
        findings.retries();
        findings.atTheEndpoint();
        if (findings.found.isEmpty()) {
            findings.nothing();
        }
        return findings.found.stream()
                .sorted(Comparator.comparingLong(Finding::micros).reversed())
                .toList();
    }

    private void outcome() {
        if (!request.outcome().equals(RequestOutcome.NATURAL.tagValue())) {
            String code = request.code().equals("none") ? "" : ", " + request.code();
            found.add(new Finding(request.outcome(), Long.MAX_VALUE, "It ended as " + request.outcome() + code + "."));
        }
    }

    private void beforeTheEndpoint() {
        long queued = queueMicros();
        if (isNotable(queued)) {
            found.add(new Finding(
                    "queue",
                    queued,
                    "It waited " + time(queued) + " in the scheduler's queue: the pool was full. See Queue."));
        }
        long deciding = askedMicros() - queued;
        if (isNotable(deciding)) {
            String unknown = decisions.size() < request.attempts().size()
                    ? " The scheduler has no record of it, so a wait in its queue may be part of that."
                    : " Plugins may have waited for tokens, or the machine is overloaded.";
            found.add(new Finding(
                    "scheduling",
                    deciding,
                    "The decision took " + time(deciding) + ", the way to the scheduler included." + unknown));
        }
    }

    private long queueMicros() {
        long queued = 0;
        for (int i = 0; i < request.attempts().size(); i++) {
            RequestRecord.Attempt attempt = request.attempts().get(i);
            long recorded =
                    decisions.path(i).path("decision").path("queueMicros").asLong(0);
            queued += Math.min(recorded, attempt.sentMicros() - attempt.askedMicros());
        }
        return queued;
    }

    private long askedMicros() {
        return request.attempts().stream()
                .mapToLong(attempt -> attempt.sentMicros() - attempt.askedMicros())
                .sum();
    }

    private void retries() {
        List<RequestRecord.Attempt> attempts = request.attempts();
        if (attempts.size() > 1) {
            long lost = attempts.getLast().askedMicros() - attempts.getFirst().askedMicros();
            String all = attempts.stream()
                    .map(attempt -> name(attempt.endpoint()) + " " + attempt.result())
                    .collect(Collectors.joining(", "));
            found.add(new Finding("retries", lost, "It was tried " + attempts.size() + " times: " + all + "."));
        }
    }

    private void atTheEndpoint() {
        if (request.attempts().isEmpty()) {
            return;
        }
        long wait = wait(request);
        Comparison first = compare(Findings::wait, this::isAlike);
        Comparison pace = compare(Findings::pace, other -> pace(other) > 0);
        long slowMicros = first.isSlow() ? wait - first.elsewhere() : 0;
        long paceMicros = pace.isSlow() ? (pace(request) - pace.elsewhere()) * request.outputTokens() : 0;
        JsonNode candidate = candidate(request.endpoint());
        int waiting = candidate.path("waitingRequests").asInt(0);
        if (waiting > 0 && isNotable(wait) && !pace.isSlow()) {
            found.add(new Finding(
                    "engine queue",
                    Math.max(slowMicros, wait / 3),
                    name(request.endpoint()) + " had " + waiting
                            + " requests waiting in its own queue when this one was placed."));
        } else if (isNotable(slowMicros) || isNotable(paceMicros)) {
            found.add(new Finding("slow endpoint", slowMicros + paceMicros, slowText(first, pace)));
        }
        if (isCold() && isNotable(wait)) {
            found.add(new Finding("cold prefix", wait - slowMicros, coldText(wait)));
        }
        if (candidate.isObject() && !candidate.path("fresh").asBoolean(true)) {
            found.add(new Finding(
                    "stale metrics",
                    0,
                    "The metrics of " + name(request.endpoint()) + " were stale when it was chosen."));
        }
    }

    private String slowText(Comparison first, Comparison pace) {
        List<String> parts = new ArrayList<>();
        if (first.isSlow()) {
            parts.add(first.factor() + " times as long to the first token (" + time(first.own()) + " against "
                    + time(first.elsewhere()) + ")");
        }
        if (pace.isSlow()) {
            parts.add(pace.factor() + " times as long for each token (" + time(pace.own()) + " against "
                    + time(pace.elsewhere()) + ")");
        }
        return "Slow endpoint: " + name(request.endpoint()) + " took " + String.join(" and ", parts)
                + " as others did with as much to compute at that time.";
    }

    private boolean isCold() {
        return promptTokens() - cachedTokens() > MANY_TOKENS
                && cachedTokens() >= 0
                && cachedTokens() < COLD * promptTokens();
    }

    /** As the endpoint counted them, else as the scheduler did; -1 when neither did. */
    private int promptTokens() {
        return request.promptTokens() >= 0
                ? request.promptTokens()
                : lastDecision().at("/explanation/request/promptTokens").asInt(-1);
    }

    private int cachedTokens() {
        return request.cachedTokens() >= 0
                ? request.cachedTokens()
                : lastDecision().at("/decision/expectedCachedTokens").asInt(-1);
    }

    private String coldText(long wait) {
        StringBuilder text = new StringBuilder(
                "Cold prefix: %d of %d prompt tokens were in no cache of %s and were computed before the first token, which took %s."
                        .formatted(
                                promptTokens() - cachedTokens(), promptTokens(), name(request.endpoint()), time(wait)));
        int own = candidate(request.endpoint()).path("matchedBlocks").asInt(0);
        for (JsonNode each : lastDecision().path("explanation").path("candidates")) {
            int matched = each.path("matchedBlocks").asInt(0);
            int total = each.path("totalBlocks").asInt(0);
            if (matched > own && matched > total / 2) {
                text.append(" %s held %d of its %d blocks."
                        .formatted(name(each.path("id").asString("")), matched, total));
            }
        }
        return text.toString();
    }

    private JsonNode lastDecision() {
        return decisions.path(request.attempts().size() - 1);
    }

    private JsonNode candidate(String endpoint) {
        for (JsonNode each : lastDecision().path("explanation").path("candidates")) {
            if (each.path("id").asString("").equals(endpoint)) {
                return each;
            }
        }
        return decisions.path("none");
    }

    private void nothing() {
        String most = "stream";
        long longest = request.durationMicros() - request.firstByteMicros();
        if (askedMicros() > longest) {
            most = "schedule";
            longest = askedMicros();
        }
        if (!request.attempts().isEmpty() && wait(request) > longest) {
            most = "first token";
            longest = wait(request);
        }
        if (request.receivedMicros() > longest) {
            most = "receive";
            longest = request.receivedMicros();
        }
        String each = most.equals("stream") && pace(request) > 0 ? ", " + time(pace(request)) + " per token" : "";
        found.add(new Finding(
                "none", 0, "Nothing stands out. Most of the time went to " + most + ", " + time(longest) + each + "."));
    }

    /** Medians of a time at the endpoint of this request and at the others; 0 where too few tell. */
    private record Comparison(long own, long here, long elsewhere) {

        boolean isSlow() {
            return elsewhere > 0 && here > SLOW * elsewhere && own > SLOW * elsewhere;
        }

        String factor() {
            return String.format(Locale.ROOT, "%.1f", (double) own / elsewhere);
        }
    }

    private Comparison compare(ToLongFunction<RequestRecord> time, Predicate<RequestRecord> alike) {
        List<Long> here = new ArrayList<>();
        List<Long> elsewhere = new ArrayList<>();
        for (RequestRecord other : others) {
            if (!other.attempts().isEmpty() && other.firstByteMicros() > 0 && alike.test(other)) {
                boolean isHere = other.endpoint().equals(request.endpoint());
                addUpTo(isHere ? MOST_HERE : MOST_ELSEWHERE, isHere ? here : elsewhere, time.applyAsLong(other));
            }
        }
        boolean isEnough = here.size() >= FEWEST_HERE && elsewhere.size() >= FEWEST_ELSEWHERE;
        return new Comparison(time.applyAsLong(request), isEnough ? median(here) : 0, isEnough ? median(elsewhere) : 0);
    }

    private static void addUpTo(int most, List<Long> values, long value) {
        if (values.size() < most) {
            values.add(value);
        }
    }

    private static long median(List<Long> values) {
        List<Long> sorted = values.stream().sorted().toList();
        return sorted.get((sorted.size() - 1) / 2);
    }

    /** Whether it had about as many tokens to compute before its first one, or is about as large where that is not known. */
    private boolean isAlike(RequestRecord other) {
        return uncached(request) >= 0 && uncached(other) >= 0
                ? isAlike(uncached(request), uncached(other), ALIKE_TOKENS)
                : isAlike(request.bodyBytes(), other.bodyBytes(), ALIKE_BYTES);
    }

    private static boolean isAlike(long mine, long its, long always) {
        return its >= mine / 2 - always && its <= 2 * mine + always;
    }

    /** Tokens that were in no cache, -1 when not known. */
    private static int uncached(RequestRecord request) {
        return request.promptTokens() < 0 || request.cachedTokens() < 0
                ? -1
                : request.promptTokens() - request.cachedTokens();
    }

    /** From sending it to its endpoint to the first byte, or to the end of that when there was none. */
    private static long wait(RequestRecord request) {
        RequestRecord.Attempt last = request.attempts().getLast();
        return (request.firstByteMicros() > 0 ? request.firstByteMicros() : last.endedMicros()) - last.sentMicros();
    }

    /** Time for each token after the first, 0 where there are too few. */
    private static long pace(RequestRecord request) {
        return request.streaming() && request.outputTokens() >= FEWEST_PACED_TOKENS && request.firstByteMicros() > 0
                ? (request.durationMicros() - request.firstByteMicros()) / (request.outputTokens() - 1)
                : 0;
    }

    private boolean isNotable(long micros) {
        long whole = request.durationMicros();
        long first = request.firstByteMicros() > 0 ? request.firstByteMicros() : whole;
        return micros >= NOTABLE_MICROS && (micros > NOTABLE_SHARE * first || micros > NOTABLE_SHARE * whole);
    }

    private static String name(String endpoint) {
        return endpoint.substring(endpoint.indexOf('/') + 1);
    }

    private static String time(long micros) {
        if (micros < 10_000) {
            return String.format(Locale.ROOT, "%.1f ms", micros / 1e3);
        }
        return micros < 1_000_000
                ? Math.round(micros / 1e3) + " ms"
                : String.format(Locale.ROOT, "%.2f s", micros / 1e6);
    }
}
