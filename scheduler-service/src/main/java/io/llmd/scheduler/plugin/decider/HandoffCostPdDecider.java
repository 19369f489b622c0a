package io.llmd.scheduler.plugin.decider;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.scheduler.datalayer.EndpointMemories;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginEvents;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Decider;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.ResponseHook;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.ServedPhases;
import io.llmd.scheduler.scheduling.UncachedTokens;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/**
 * Splits a request when that costs less: the time until its first token on either way, and what computing the prompt beside
 * running answers adds to these. The first token is late by the prompts that an endpoint has to compute before, by this one,
 * and by the handoff; how fast endpoints are is learnt from requests before. O(n) and prompts in flight.
 *
 * <pre>
 * local  = wait(decode) + compute(decode) + compute(decode) * running answers * streamWeight * mean first token / mean answer
 * remote = max(wait(prefill) + compute(prefill) + handoff + transfer, wait(decode))
 * split  = remote &lt; local * (1 + margin), the margin on time to the first token alone
 * </pre>
 *
 * A second for which answers stand still is to a mean answer what less than a second of waiting is to a mean first token; the
 * last factor puts both on one scale.
 */
final class HandoffCostPdDecider implements Decider, PreRequest, ResponseHook, EndpointMemories.Memory {

    /**
     * @param uncachedTokens tokens that the decode endpoint must lack, at least 1
     * @param promptTokens shortest prompt that is split
     * @param margin by which share splitting may take longer, for what it spares the running requests; >= 0
     * @param streamWeight what running answers that take longer count, beside first tokens that come as much later; >= 0
     * @param mostDelay how many times as long as otherwise a prompt may take to be computed for the sake of running answers; > 0
     * @param prefillTokensPerSecond speed of an endpoint that computes nothing else, until it is known better
     * @param chunkTokens tokens that an engine computes in one step
     * @param decodeStepMs what the tokens of running requests add to a step
     * @param kvBytesPerToken KV cache of a token
     * @param transferBytesPerSecond speed between endpoints
     * @param handoffMs time between the end of prefill and the start of decode without the transfer
     * @param interTokenLatencyMs promise to running requests; 0 for none
     * @param prefillProfile profile whose endpoint computes the prompt of a split request
     * @param peerLabels labels that both endpoints must have alike, such as the version of the engine
     * @param prefixMatchInfoProducerName producer of prefix matches, empty for the default
     * @param inFlightLoadProducerName producer of loads, empty for the default
     */
    record Params(
            @Default("512") int uncachedTokens,
            @Default("1024") int promptTokens,
            @Default("0.1") double margin,
            @Default("3") double streamWeight,
            @Default("2") double mostDelay,
            @Default("17000") double prefillTokensPerSecond,
            @Default("2048") int chunkTokens,
            @Default("10") double decodeStepMs,
            @Default("262144") double kvBytesPerToken,
            @Default("12e9") double transferBytesPerSecond,
            @Default("30") double handoffMs,
            @Default("0") double interTokenLatencyMs,
            @Default("prefill") String prefillProfile,
            List<String> peerLabels,
            @Default("") String prefixMatchInfoProducerName,
            @Default("") String inFlightLoadProducerName) {
        Params {
            requirePositive("uncachedTokens", uncachedTokens);
            requirePositive("prefillTokensPerSecond", prefillTokensPerSecond);
            requirePositive("chunkTokens", chunkTokens);
            requirePositive("transferBytesPerSecond", transferBytesPerSecond);
            requireNotNegative("promptTokens", promptTokens);
            requireNotNegative("margin", margin);
            requireNotNegative("streamWeight", streamWeight);
            requirePositive("mostDelay", mostDelay);
            requireNotNegative("decodeStepMs", decodeStepMs);
            requireNotNegative("kvBytesPerToken", kvBytesPerToken);
            requireNotNegative("handoffMs", handoffMs);
            requireNotNegative("interTokenLatencyMs", interTokenLatencyMs);
            peerLabels = List.copyOf(peerLabels);
        }

        private static void requirePositive(String name, double value) {
            if (!(value > 0) || Double.isInfinite(value)) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: finite, > 0)");
            }
        }

        private static void requireNotNegative(String name, double value) {
            if (!(value >= 0) || Double.isInfinite(value)) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: finite, >= 0)");
            }
        }
    }

    /** Why a request is split or not. */
    enum Reason {
        SHORT_PROMPT(false),
        CACHE_UNKNOWN(false),
        CACHED(false),
        NO_COMPATIBLE_PREFILL(false),
        LOCAL_IS_SOONER(false),
        HANDOFF_IS_SOONER(true),
        DECODES_COME_FIRST(true);

        private final boolean isSplit;

        Reason(boolean isSplit) {
            this.isSplit = isSplit;
        }

        String tag() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private static final double MILLIS = 1e3;
    private static final double NANOS = 1e9;

    /**
     * An attempt in flight.
     *
     * @param computing queue of the endpoint that computes the prompt
     * @param decoding queue of the endpoint that generates, the same one where the request is not split
     * @param computingTokens that count as in flight on the first
     * @param decodingTokens that count as in flight on the second where it is another one
     * @param handoffSeconds from the end of computing to the beginning of the answer
     * @param isStreamed whether the beginning of the answer is seen
     * @param isReleased whether these tokens are no longer in flight
     */
    private record Attempt(
            PrefillQueues.Queue computing,
            PrefillQueues.Queue decoding,
            long computingTokens,
            long decodingTokens,
            double handoffSeconds,
            boolean isStreamed,
            AtomicBoolean isReleased) {}

    private final String name;
    private final Params params;
    private final PluginEvents events;
    private final LongSupplier nanoClock;
    private final DataKey<PrefixMatches> matchesKey;
    private final DataKey<InFlightLoads> loadsKey;
    private final DataKey<UncachedTokens> uncachedKey;
    private final PrefillQueues queues;
    private final AnswerTimes answers = new AnswerTimes();
    private final Map<Long, Attempt> attempts = new ConcurrentHashMap<>();

    /** @param isInPool whether an endpoint of an id is there */
    HandoffCostPdDecider(
            String name, Params params, PluginEvents events, Predicate<String> isInPool, LongSupplier nanoClock) {
        queues = new PrefillQueues(isInPool);
        this.name = name;
        this.params = params;
        this.events = events;
        this.nanoClock = nanoClock;
        matchesKey = DataKeys.prefixMatches(params.prefixMatchInfoProducerName());
        loadsKey = DataKeys.inFlightLoads(params.inFlightLoadProducerName());
        uncachedKey = DataKeys.uncachedTokens(params.inFlightLoadProducerName());
    }

    @Override
    public List<DataKey<?>> requires() {
        return List.of(matchesKey, loadsKey, uncachedKey);
    }

    @Override
    public boolean decide(InferenceRequest request, Candidates candidates, int slot) {
        Reason reason = reason(request.body().promptTokens(), candidates, slot);
        events.splitDecided(name, reason.tag());
        return reason.isSplit;
    }

    private Reason reason(long tokens, Candidates candidates, int slot) {
        if (tokens < params.promptTokens()) {
            return Reason.SHORT_PROMPT;
        }
        PrefixMatches matches = candidates.data(matchesKey);
        if (slot == NOBODY || matches == null || matches.totalBlocks(slot) == 0) {
            return Reason.CACHE_UNKNOWN;
        }
        long missing = tokens - matches.cachedTokens(slot);
        if (missing < params.uncachedTokens()) {
            return Reason.CACHED;
        }
        double now = now();
        InFlightLoads loads = candidates.data(loadsKey);
        double prefilled = soonestPrefill(tokens, candidates, slot, matches, loads, now);
        if (prefilled == Double.POSITIVE_INFINITY) {
            return Reason.NO_COMPATIBLE_PREFILL;
        }
        Endpoint decode = candidates.atSlot(slot);
        double compute = local(missing, decode) * queues.pace(decode.id(), now);
        double ahead = waiting(decode.id(), slot, loads, now);
        double here = ahead + compute;
        // Blocks that have come wait for the prompts that the decode endpoint computes itself.
        double handedOver = Math.max(prefilled + handoff(missing), ahead);
        if (handedOver < here * (1 + params.margin())) {
            return Reason.HANDOFF_IS_SOONER;
        }
        double heldUp = compute * decode.runningRequests() * params.streamWeight() * answers.firstTokenShare();
        boolean yields = handedOver < here * (1 + params.margin()) + heldUp && prefilled < here * params.mostDelay();
        return yields || isBusy(decode) && breaksPromise(missing) ? Reason.DECODES_COME_FIRST : Reason.LOCAL_IS_SOONER;
    }

    private double now() {
        return nanoClock.getAsLong() / NANOS;
    }

    private static boolean isBusy(Endpoint decode) {
        return decode.runningRequests() > 0;
    }

    /** Seconds that the decode endpoint is expected to take for the prompt, in steps that it shares with what it runs. */
    private double local(long missing, Endpoint decode) {
        long steps = (missing + params.chunkTokens() - 1) / params.chunkTokens();
        return work(missing) + (isBusy(decode) ? steps * params.decodeStepMs() / MILLIS : 0);
    }

    /** Seconds between the end of computing and the beginning of the answer. */
    private double handoff(long missing) {
        return params.handoffMs() / MILLIS + missing * params.kvBytesPerToken() / params.transferBytesPerSecond();
    }

    private double soonestPrefill(
            long tokens,
            Candidates candidates,
            int decode,
            PrefixMatches matches,
            @Nullable InFlightLoads loads,
            double now) {
        double soonest = Double.POSITIVE_INFINITY;
        for (int i = 0; i < candidates.size(); i++) {
            int slot = candidates.slot(i);
            Endpoint endpoint = candidates.get(i);
            if (slot != decode && ServedPhases.prefills(endpoint) && isPeer(endpoint, candidates.atSlot(decode))) {
                double compute = work(tokens - matches.cachedTokens(slot)) * queues.pace(endpoint.id(), now);
                soonest = Math.min(soonest, waiting(endpoint.id(), slot, loads, now) + compute);
            }
        }
        return soonest;
    }

    /** Seconds until the endpoint has computed what it has, of this scheduler and of others. */
    private double waiting(String endpointId, int slot, @Nullable InFlightLoads loads, double now) {
        long ofOthers = loads == null ? 0 : Math.max(0, loads.tokens(slot) - queues.charged(endpointId));
        return queues.waiting(endpointId, now) + work(ofOthers) * queues.pace(endpointId, now);
    }

    private boolean isPeer(Endpoint one, Endpoint other) {
        for (String label : params.peerLabels()) {
            if (!Objects.equals(
                    one.metadata().labels().get(label),
                    other.metadata().labels().get(label))) {
                return false;
            }
        }
        return true;
    }

    /** Whether a step with a chunk of the prompt takes longer than a running request may wait for its next token. */
    private boolean breaksPromise(long missing) {
        double step = work(Math.min(missing, params.chunkTokens())) * MILLIS + params.decodeStepMs();
        return params.interTokenLatencyMs() > 0 && step > params.interTokenLatencyMs();
    }

    /** Seconds to compute tokens. */
    private double work(double tokens) {
        return tokens / params.prefillTokensPerSecond();
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        ProfileOutcome.Picked decode = outcome.primary();
        ProfileOutcome.Picked prefill = outcome.profiles().get(params.prefillProfile());
        ProfileOutcome.Picked computing = prefill == null ? decode : prefill;
        long missing = missing(request, candidates, decode.primarySlot());
        double seconds = prefill == null
                ? local(missing, decode.primary())
                : work(missing(request, candidates, prefill.primarySlot()));
        Attempt attempt = new Attempt(
                queues.of(computing.primary().id()),
                queues.of(decode.primary().id()),
                charge(request, candidates, computing.primarySlot()),
                charge(request, candidates, decode.primarySlot()),
                prefill == null ? 0 : handoff(missing),
                request.body().stream(),
                new AtomicBoolean());
        long leaseId = dispatch.leaseId();
        attempts.put(leaseId, attempt);
        charge(attempt, 1);
        attempt.computing().add(new PrefillQueues.Prompt(leaseId, seconds, now(), attempt.isStreamed()));
    }

    private long missing(InferenceRequest request, Candidates candidates, int slot) {
        PrefixMatches matches = candidates.data(matchesKey);
        return request.body().promptTokens() - (matches == null ? 0 : matches.cachedTokens(slot));
    }

    /** What the producer of loads counts as in flight for the request. */
    private long charge(InferenceRequest request, Candidates candidates, int slot) {
        UncachedTokens uncached = candidates.data(uncachedKey);
        return uncached == null ? missing(request, candidates, slot) : uncached.tokens(slot);
    }

    private void charge(Attempt attempt, int sign) {
        attempt.computing().charge(sign * attempt.computingTokens());
        if (attempt.decoding() != attempt.computing()) {
            attempt.decoding().charge(sign * attempt.decodingTokens());
        }
    }

    @Override
    public void started(long leaseId, OutcomeReport report) {
        Attempt attempt = attempts.get(leaseId);
        if (attempt != null && attempt.isReleased().compareAndSet(false, true)) {
            charge(attempt, -1);
            attempt.computing().done(leaseId, now() - attempt.handoffSeconds());
        }
    }

    @Override
    public void ended(long leaseId, OutcomeReport report) {
        Attempt attempt = attempts.remove(leaseId);
        if (attempt == null) {
            return;
        }
        if (attempt.isReleased().compareAndSet(false, true)) {
            charge(attempt, -1);
        }
        attempt.computing().drop(leaseId, now());
        if (attempt.isStreamed()) {
            answers.ended(report);
        }
    }

    @Override
    public void forget(String endpointId) {
        queues.forget(endpointId);
    }

    /** Endpoints of which something is known. */
    int endpoints() {
        return queues.endpoints();
    }

    @Component
    static final class Factory implements PluginFactory<Params> {

        private final ObjectProvider<PluginEvents> events;
        private final EndpointStore store;
        private final EndpointMemories memories = new EndpointMemories();

        Factory(ObjectProvider<PluginEvents> events, EndpointStore store) {
            this.events = events;
            this.store = store;
            store.addListener(memories);
        }

        @Override
        public String type() {
            return "handoff-cost-pd-decider";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public HandoffCostPdDecider create(String name, Params params) {
            return memories.remembering(new HandoffCostPdDecider(
                    name,
                    params,
                    events.getIfAvailable(() -> PluginEvents.NONE),
                    id -> store.find(id) != null,
                    store::nanoTime));
        }
    }
}
