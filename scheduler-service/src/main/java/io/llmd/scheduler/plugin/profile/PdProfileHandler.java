package io.llmd.scheduler.plugin.profile;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Decider;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Plugin;
import io.llmd.scheduler.scheduling.PluginFaults;
import io.llmd.scheduler.scheduling.PluginGuard;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.ProfileHandler;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/**
 * The older form of disagg-profile-handler: decode first, then prefill when the decider says so, no encode. Deprecated.
 */
final class PdProfileHandler implements ProfileHandler, PreRequest {

    /**
     * @param decodeProfile profile of decode endpoints
     * @param prefillProfile profile of prefill endpoints
     * @param deciderPluginName decides whether prefill is split off
     * @param primaryPort port that all data-parallel ranks of a server are reached through; 0 when each has its own
     * @param prefixMatchInfoProducerName without effect, the decider has its own
     * @param prefixPluginType without effect
     * @param prefixPluginName without effect
     */
    record Params(
            @Default("decode") String decodeProfile,
            @Default("prefill") String prefillProfile,
            @Default("prefix-based-pd-decider") String deciderPluginName,
            @Default("0") int primaryPort,
            @Default("") String prefixMatchInfoProducerName,
            @Nullable String prefixPluginType,
            @Nullable String prefixPluginName) {
        Params {
            RankPorts.requirePort(primaryPort, 0);
        }

        private DisaggProfileHandler.Params disaggregated() {
            return new DisaggProfileHandler.Params(
                    DisaggProfileHandler.StageOrder.DECODE_FIRST,
                    new DisaggProfileHandler.Profiles(decodeProfile, prefillProfile, null),
                    new DisaggProfileHandler.Deciders(deciderPluginName, null),
                    null,
                    null,
                    null,
                    null,
                    null,
                    null);
        }
    }

    private final DisaggProfileHandler handler;
    private final int primaryPort;

    PdProfileHandler(Params params, Decider decider, PluginGuard guard) {
        handler = new DisaggProfileHandler(params.disaggregated(), decider, null, guard);
        primaryPort = params.primaryPort();
    }

    @Override
    public List<String> nextProfiles(
            InferenceRequest request,
            Candidates candidates,
            List<String> profiles,
            Map<String, ProfileOutcome> results) {
        return handler.nextProfiles(request, candidates, profiles, results);
    }

    @Override
    public List<String> requiredProfiles() {
        return handler.requiredProfiles();
    }

    @Override
    public List<String> preparingProfiles() {
        return handler.preparingProfiles();
    }

    @Override
    public @Nullable String decisionType(SchedulingOutcome.Scheduled outcome) {
        return handler.decisionType(outcome);
    }

    @Override
    public SchedulingOutcome process(InferenceRequest request, Map<String, ProfileOutcome> results) {
        SchedulingOutcome outcome = handler.process(request, results);
        if (primaryPort == 0 || !(outcome instanceof SchedulingOutcome.Scheduled scheduled)) {
            return outcome;
        }
        Map<String, ProfileOutcome.Picked> profiles = new HashMap<>(scheduled.profiles());
        profiles.put(scheduled.primaryProfile(), RankPorts.through(primaryPort, scheduled.primary()));
        return new SchedulingOutcome.Scheduled(scheduled.primaryProfile(), profiles);
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        handler.scheduled(request, candidates, outcome, dispatch);
        if (primaryPort != 0) {
            dispatch.addRequestHeader(
                    LlmdHeader.DATA_PARALLEL_HOST_PORT.wireName(),
                    candidates
                            .atSlot(outcome.primary().primarySlot())
                            .metadata()
                            .hostPort());
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {

        private final ObjectProvider<PluginGuard> guards;

        Factory(ObjectProvider<PluginGuard> guards) {
            this.guards = guards;
        }

        @Override
        public String type() {
            return "pd-profile-handler";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public List<String> references(Params params) {
            return List.of(params.deciderPluginName());
        }

        @Override
        public List<String> warnings(Params params) {
            return List.of("use disagg-profile-handler with deciders: {prefill: " + params.deciderPluginName()
                    + "} instead of pd-profile-handler");
        }

        @Override
        public ProfileHandler create(String name, Params params) {
            throw new IllegalArgumentException(
                    "deciderPluginName: " + params.deciderPluginName() + " (expected: the name of a decider)");
        }

        @Override
        public ProfileHandler create(String name, Params params, Map<String, Plugin> referenced) {
            if (referenced.get(params.deciderPluginName()) instanceof Decider decider) {
                return new PdProfileHandler(
                        params, decider, guards.getIfAvailable(() -> new PluginGuard(PluginFaults.NONE)));
            }
            return create(name, params);
        }
    }
}
