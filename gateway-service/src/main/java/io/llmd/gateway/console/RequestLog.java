package io.llmd.gateway.console;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.gateway.observe.RequestListener;
import io.llmd.gateway.observe.RequestOutcome;
import io.llmd.gateway.observe.RequestRecord;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The last requests of this gateway. A ring: when it is full the oldest go. Safe from any thread, never blocks.
 *
 * <p>Where more requests end within a window than the ring holds, the window is that of the last ones, and says how long
 * that was.
 */
public final class RequestLog implements RequestListener {

    /**
     * A request that is over.
     *
     * @param number rises in the order in which requests ended
     * @param startedAt when its head came, milliseconds since 1970
     * @param request the request
     */
    record Entry(long number, long startedAt, RequestRecord request) {

        long endedAt() {
            return startedAt + request.durationMicros() / 1_000;
        }
    }

    private final AtomicReferenceArray<@Nullable Entry> ring;
    private final AtomicLong next = new AtomicLong(1);
    private final InstantSource clock;
    private final KeyUse keyUse = new KeyUse();

    /** An empty log of at most so many requests. */
    public RequestLog(int capacity, InstantSource clock) {
        this.ring = new AtomicReferenceArray<>(capacity);
        this.clock = clock;
    }

    @Override
    public void ended(RequestRecord request) {
        long number = next.getAndIncrement();
        long startedAt = clock.millis() - request.durationMicros() / 1_000;
        ring.set((int) (number % ring.length()), new Entry(number, startedAt, request));
        keyUse.add(request, startedAt + request.durationMicros() / 1_000);
    }

    KeyUse keyUse() {
        return keyUse;
    }

    /** Number of the last request, 0 when there was none. */
    long last() {
        return next.get() - 1;
    }

    /** The newest requests with a higher number, at most so many, newest first. */
    List<Entry> after(long number, int limit) {
        List<Entry> found = new ArrayList<>();
        long last = last();
        long first = Math.max(number, last - ring.length());
        for (long n = last; n > first && found.size() < limit; n--) {
            Entry entry = ring.get((int) (n % ring.length()));
            if (entry != null && entry.number() == n) {
                found.add(entry);
            }
        }
        return found;
    }

    /** The requests with this id, oldest first: clients may use one twice. */
    List<Entry> find(String requestId) {
        return after(0, ring.length()).stream()
                .filter(entry -> entry.request().requestId().equals(requestId))
                .toList()
                .reversed();
    }

    /** What ended within so many seconds until now. */
    Window window(int seconds) {
        long now = clock.millis();
        WindowBuilder window = new WindowBuilder();
        long oldest = now;
        long last = last();
        boolean isWhole = false;
        for (long n = last; n > Math.max(0, last - ring.length()); n--) {
            Entry entry = ring.get((int) (n % ring.length()));
            if (entry == null || entry.number() != n) {
                continue;
            }
            if (entry.endedAt() <= now - seconds * 1_000L) {
                isWhole = true;
                break;
            }
            oldest = Math.min(oldest, entry.endedAt());
            window.add(entry.request());
        }
        isWhole |= last < ring.length();
        return window.build(isWhole ? seconds : Math.max(1, now - oldest) / 1_000.0);
    }

    /** Adds requests up. */
    private static final class WindowBuilder {

        private static final String NATURAL = RequestOutcome.NATURAL.tagValue();
        private static final String REFUSED = RequestOutcome.REFUSED.tagValue();
        private static final String DISCONNECT = RequestOutcome.CLIENT_DISCONNECT.tagValue();
        private static final String SLOW = RequestOutcome.CLIENT_SLOW.tagValue();
        /** Codes of refusals that the client alone can mend; they say nothing of the suite. */
        private static final Set<String> MISTAKES = Arrays.stream(ErrorCode.values())
                .filter(code -> code.type() == ErrorCode.Type.INVALID_REQUEST)
                .map(ErrorCode::wireName)
                .collect(Collectors.toUnmodifiableSet());

        private static final String OK = "ok";
        private static final String CANCELLED = "cancelled";

        private static final class Endpoint {
            private long ended;
            private long failed;
            private long inputTokens;
            private long cachedTokens;
            private long outputTokens;
            private final Distribution.Builder firstByte = new Distribution.Builder();
        }

        private long ended;
        private long failed;
        private long refused;
        private long left;
        private long inputTokens;
        private long cachedTokens;
        private long outputTokens;
        private final Distribution.Builder firstByte = new Distribution.Builder();
        private final Distribution.Builder perToken = new Distribution.Builder();
        private final Map<String, Endpoint> endpoints = new HashMap<>();

        void add(RequestRecord request) {
            ended++;
            if (request.outcome().equals(REFUSED)) {
                refused += MISTAKES.contains(request.code()) ? 0 : 1;
            } else if (request.outcome().equals(DISCONNECT) || request.outcome().equals(SLOW)) {
                left++;
            } else if (!request.outcome().equals(NATURAL)) {
                failed++;
            }
            inputTokens += Math.max(0, request.promptTokens());
            cachedTokens += Math.max(0, request.cachedTokens());
            outputTokens += Math.max(0, request.outputTokens());
            if (request.firstByteMicros() > 0) {
                firstByte.add(request.firstByteMicros());
                if (request.streaming() && request.outputTokens() > 1) {
                    perToken.add((request.durationMicros() - request.firstByteMicros()) / (request.outputTokens() - 1));
                }
            }
            for (RequestRecord.Attempt attempt : request.attempts()) {
                Endpoint endpoint = endpoints.computeIfAbsent(attempt.endpoint(), id -> new Endpoint());
                endpoint.ended++;
                if (!attempt.result().equals(OK) && !attempt.result().equals(CANCELLED)) {
                    endpoint.failed++;
                }
            }
            addLast(request);
        }

        private void addLast(RequestRecord request) {
            Endpoint answering = endpoints.get(request.endpoint());
            if (answering != null) {
                answering.inputTokens += Math.max(0, request.promptTokens());
                answering.cachedTokens += Math.max(0, request.cachedTokens());
                answering.outputTokens += Math.max(0, request.outputTokens());
                if (request.firstByteMicros() > 0) {
                    answering.firstByte.add(request.firstByteMicros());
                }
            }
        }

        Window build(double seconds) {
            Map<String, Window.OfEndpoint> all = new HashMap<>();
            endpoints.forEach((id, of) -> all.put(
                    id,
                    new Window.OfEndpoint(
                            of.ended,
                            of.failed,
                            of.inputTokens,
                            of.cachedTokens,
                            of.outputTokens,
                            of.firstByte.build())));
            return new Window(
                    seconds,
                    ended,
                    failed,
                    refused,
                    left,
                    inputTokens,
                    cachedTokens,
                    outputTokens,
                    firstByte.build(),
                    perToken.build(),
                    all);
        }
    }
}
