package io.llmd.scheduler.plugin.decider;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginEvents;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Decider;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.ServedPhases;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/**
 * Splits a request when its first token comes sooner that way: when the best prefill endpoint, with its queue, what it would
 * have to compute and the transfer of the KV cache, is done before the decode endpoint would be, or when the decode endpoint
 * could not compute the prompt without breaking the promise to the requests that it runs. O(n).
 */
final class HandoffCostPdDecider implements Decider {

    /**
     * @param uncachedTokens tokens that the decode endpoint must lack, at least 1
     * @param promptTokens shortest prompt that is split
     * @param margin by which share splitting may take longer, for what it spares the running requests; >= 0
     * @param prefillTokensPerSecond speed of an endpoint that computes nothing else
     * @param chunkTokens tokens that an engine computes in one step
     * @param decodeStepMs what the tokens of running requests add to a step
     * @param kvBytesPerToken KV cache of a token
     * @param transferBytesPerSecond speed between endpoints
     * @param handoffMs time between the end of prefill and the start of decode without the transfer
     * @param interTokenLatencyMs promise to running requests; 0 for none
     * @param peerLabels labels that both endpoints must have alike, such as the version of the engine
     * @param prefixMatchInfoProducerName producer of prefix matches, empty for the default
     * @param inFlightLoadProducerName producer of loads, empty for the default
     */
    record Params(
            @Default("512") int uncachedTokens,
            @Default("1024") int promptTokens,
            @Default("0.1") double margin,
            @Default("17000") double prefillTokensPerSecond,
            @Default("2048") int chunkTokens,
            @Default("10") double decodeStepMs,
            @Default("262144") double kvBytesPerToken,
            @Default("12e9") double transferBytesPerSecond,
            @Default("30") double handoffMs,
            @Default("0") double interTokenLatencyMs,
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

    private final String name;
    private final Params params;
    private final PluginEvents events;
    private final DataKey<PrefixMatches> matchesKey;
    private final DataKey<InFlightLoads> loadsKey;

    HandoffCostPdDecider(String name, Params params, PluginEvents events) {
        this.name = name;
        this.params = params;
        this.events = events;
        matchesKey = DataKeys.prefixMatches(params.prefixMatchInfoProducerName());
        loadsKey = DataKeys.inFlightLoads(params.inFlightLoadProducerName());
    }

    @Override
    public List<DataKey<?>> requires() {
        return List.of(matchesKey, loadsKey);
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
        InFlightLoads loads = candidates.data(loadsKey);
        double prefilled = soonestPrefill(tokens, candidates, slot, matches, loads);
        if (prefilled == Double.POSITIVE_INFINITY) {
            return Reason.NO_COMPATIBLE_PREFILL;
        }
        double transfer = missing * params.kvBytesPerToken() / params.transferBytesPerSecond();
        double remote = prefilled + params.handoffMs() / MILLIS + transfer;
        boolean isBusy = candidates.atSlot(slot).runningRequests() > 0;
        if (remote < local(missing, slot, loads, isBusy) * (1 + params.margin())) {
            return Reason.HANDOFF_IS_SOONER;
        }
        return isBusy && breaksPromise(missing) ? Reason.DECODES_COME_FIRST : Reason.LOCAL_IS_SOONER;
    }

    /** Seconds until the decode endpoint has computed the prompt, in steps that it shares with the requests it runs. */
    private double local(long missing, int slot, @Nullable InFlightLoads loads, boolean isBusy) {
        long steps = (missing + params.chunkTokens() - 1) / params.chunkTokens();
        return work(waiting(slot, loads) + missing) + (isBusy ? steps * params.decodeStepMs() / MILLIS : 0);
    }

    private double soonestPrefill(
            long tokens, Candidates candidates, int decode, PrefixMatches matches, @Nullable InFlightLoads loads) {
        double soonest = Double.POSITIVE_INFINITY;
        for (int i = 0; i < candidates.size(); i++) {
            int slot = candidates.slot(i);
            if (slot != decode
                    && ServedPhases.prefills(candidates.get(i))
                    && isPeer(candidates.get(i), candidates.atSlot(decode))) {
                soonest = Math.min(soonest, work(waiting(slot, loads) + tokens - matches.cachedTokens(slot)));
            }
        }
        return soonest;
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

    private static long waiting(int slot, @Nullable InFlightLoads loads) {
        return loads == null ? 0 : loads.tokens(slot);
    }

    /** Seconds to compute tokens. */
    private double work(double tokens) {
        return tokens / params.prefillTokensPerSecond();
    }

    @Component
    static final class Factory implements PluginFactory<Params> {

        private final ObjectProvider<PluginEvents> events;

        Factory(ObjectProvider<PluginEvents> events) {
            this.events = events;
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
        public Decider create(String name, Params params) {
            return new HandoffCostPdDecider(name, params, events.getIfAvailable(() -> PluginEvents.NONE));
        }
    }
}
