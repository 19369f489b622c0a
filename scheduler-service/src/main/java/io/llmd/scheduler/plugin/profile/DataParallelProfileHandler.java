package io.llmd.scheduler.plugin.profile;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.ProfileHandler;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;

/**
 * Runs the only profile once and sends the request to one port for all data-parallel ranks of a server, with a header that
 * names the chosen rank. Deprecated: where ranks are endpoints with ports of their own, single-profile-handler does.
 */
final class DataParallelProfileHandler implements ProfileHandler, PreRequest {

    /** @param primaryPort port that all ranks of a server are reached through */
    record Params(@Default("8000") int primaryPort) {
        Params {
            RankPorts.requirePort(primaryPort, 1);
        }
    }

    private final SingleProfileHandler handler = new SingleProfileHandler();
    private final int primaryPort;

    DataParallelProfileHandler(Params params) {
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
    public SchedulingOutcome process(InferenceRequest request, Map<String, ProfileOutcome> results) {
        return switch (handler.process(request, results)) {
            case SchedulingOutcome.Scheduled scheduled ->
                new SchedulingOutcome.Scheduled(
                        scheduled.primaryProfile(),
                        Map.of(scheduled.primaryProfile(), RankPorts.through(primaryPort, scheduled.primary())));
            case SchedulingOutcome.Rejected rejected -> rejected;
        };
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        dispatch.addRequestHeader(
                LlmdHeader.DATA_PARALLEL_HOST_PORT.wireName(),
                candidates.atSlot(outcome.primary().primarySlot()).metadata().hostPort());
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "data-parallel-profile-handler";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public List<String> warnings(Params params) {
            return List.of("use single-profile-handler with ranks that have ports of their own instead of"
                    + " data-parallel-profile-handler");
        }

        @Override
        public ProfileHandler create(String name, Params params) {
            return new DataParallelProfileHandler(params);
        }
    }
}
