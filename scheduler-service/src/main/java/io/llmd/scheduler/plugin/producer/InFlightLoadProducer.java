package io.llmd.scheduler.plugin.producer;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.scheduler.datalayer.InFlightLoad;
import io.llmd.scheduler.datalayer.InFlightTracker;
import io.llmd.scheduler.datalayer.InFlightTracker.Placement;
import io.llmd.scheduler.datalayer.InFlightTracker.Release;
import io.llmd.scheduler.datalayer.InFlightTrackers;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.ResponseHook;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.UncachedTokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Counts what this scheduler has placed on each endpoint, and says per candidate how many tokens of the request it would
 * have to compute. Loads are read once per decision, so that all filters and scorers see the same ones.
 */
final class InFlightLoadProducer implements DataProducer, PreRequest, ResponseHook {

    static final String TYPE = DataKeys.IN_FLIGHT_PRODUCER;
    private static final String PREFILL_PROFILE = "prefill";

    /**
     * Parameters.
     *
     * @param addEstimatedOutputTokens whether tokens to be generated are charged too
     * @param outputRatio estimated output tokens per prompt token
     * @param maxEstimatedOutputTokens most output tokens that are charged; null for no bound
     * @param prefixMatchInfoProducerName producer of the prefix matches that lower the charge; empty for the default
     * @param syncCrossReplicaState whether loads of other schedulers are added when a store for them is configured
     */
    record Params(
            @Default("false") boolean addEstimatedOutputTokens,
            @Default("1.5") double outputRatio,
            @Nullable Integer maxEstimatedOutputTokens,
            @Default("") String prefixMatchInfoProducerName,
            @Default("true") boolean syncCrossReplicaState) {
        Params {
            if (!(outputRatio >= 0) || Double.isInfinite(outputRatio)) {
                throw new IllegalArgumentException("outputRatio: " + outputRatio + " (expected: finite, >= 0)");
            }
            if (maxEstimatedOutputTokens != null && maxEstimatedOutputTokens < 0) {
                throw new IllegalArgumentException(
                        "maxEstimatedOutputTokens: " + maxEstimatedOutputTokens + " (expected: >= 0)");
            }
        }
    }

    private final Params params;
    private final InFlightTracker tracker;
    private final DataKey<InFlightLoads> loadsKey;
    private final DataKey<UncachedTokens> uncachedKey;
    private final DataKey<PrefixMatches> matchesKey;

    InFlightLoadProducer(String name, Params params, InFlightTracker tracker) {
        this.params = params;
        this.tracker = tracker;
        loadsKey = DataKeys.inFlightLoads(name);
        uncachedKey = DataKeys.uncachedTokens(name);
        matchesKey = DataKeys.prefixMatches(params.prefixMatchInfoProducerName());
    }

    @Override
    public List<DataKey<?>> produces() {
        return List.of(loadsKey, uncachedKey);
    }

    @Override
    public List<DataKey<?>> reads() {
        return List.of(matchesKey);
    }

    @Override
    public void produce(InferenceRequest request, Candidates candidates) {
        InFlightLoads loads = new InFlightLoads(candidates.slotCount());
        UncachedTokens uncached = new UncachedTokens(candidates.slotCount());
        PrefixMatches matches = candidates.data(matchesKey);
        long promptTokens = request.body().promptTokens();
        for (int i = 0; i < candidates.size(); i++) {
            int slot = candidates.slot(i);
            String id = candidates.get(i).id();
            setLoad(loads, slot, id);
            uncached.set(slot, uncached(promptTokens, matches, slot));
        }
        candidates.put(loadsKey, loads);
        candidates.put(uncachedKey, uncached);
    }

    private void setLoad(InFlightLoads loads, int slot, String endpointId) {
        if (params.syncCrossReplicaState()) {
            loads.set(slot, tracker.requests(endpointId), tracker.tokens(endpointId));
        } else {
            InFlightLoad own = tracker.own(endpointId);
            loads.set(slot, own.requests(), own.tokens());
        }
    }

    private static long uncached(long promptTokens, @Nullable PrefixMatches matches, int slot) {
        if (matches == null || matches.totalBlocks(slot) == 0) {
            return promptTokens;
        }
        long total = matches.totalBlocks(slot);
        long blockTokens = matches.blockTokens(slot);
        long missing = Math.max(total - matches.matchBlocks(slot), 0) * blockTokens;
        return missing + Math.max(promptTokens - total * blockTokens, 0);
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        PrefixMatches matches = candidates.data(matchesKey);
        long promptTokens = request.body().promptTokens();
        long output = params.addEstimatedOutputTokens() ? estimatedOutput(request, promptTokens) : 0;
        List<Placement> placements = new ArrayList<>(outcome.profiles().size());
        for (Map.Entry<String, ProfileOutcome.Picked> profile :
                outcome.profiles().entrySet()) {
            ProfileOutcome.Picked picked = profile.getValue();
            long charge = uncached(promptTokens, matches, picked.primarySlot()) + output;
            placements.add(new Placement(picked.primary().id(), charge, whenStarted(profile.getKey())));
        }
        tracker.place(dispatch.leaseId(), placements);
    }

    private long estimatedOutput(InferenceRequest request, long promptTokens) {
        double estimate = Math.rint(promptTokens * params.outputRatio());
        if (request.body().maxOutputTokens() >= 0) {
            estimate = Math.min(estimate, request.body().maxOutputTokens());
        }
        Integer limit = params.maxEstimatedOutputTokens();
        return (long) (limit == null ? estimate : Math.min(estimate, limit));
    }

    private Release whenStarted(String profile) {
        if (profile.equals(PREFILL_PROFILE)) {
            return Release.ALL;
        }
        return params.addEstimatedOutputTokens() ? Release.NOTHING : Release.TOKENS;
    }

    @Override
    public void started(long leaseId, OutcomeReport report) {
        tracker.started(leaseId);
    }

    @Override
    public void ended(long leaseId, OutcomeReport report) {
        tracker.ended(leaseId);
    }

    @Component
    static final class Factory implements PluginFactory<Params> {

        private final InFlightTrackers trackers;

        Factory(InFlightTrackers trackers) {
            this.trackers = trackers;
        }

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public InFlightLoadProducer create(String name, Params params) {
            return new InFlightLoadProducer(name, params, trackers.named(name));
        }
    }
}
