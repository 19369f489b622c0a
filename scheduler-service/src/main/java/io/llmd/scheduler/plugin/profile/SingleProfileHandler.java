package io.llmd.scheduler.plugin.profile;

import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.ProfileHandler;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;

/** Runs the only profile once; when it left nobody, the request is rejected as saturated. */
final class SingleProfileHandler implements ProfileHandler {

    @Override
    public List<String> nextProfiles(
            InferenceRequest request,
            Candidates candidates,
            List<String> profiles,
            Map<String, ProfileOutcome> results) {
        return results.isEmpty() ? profiles : List.of();
    }

    @Override
    public SchedulingOutcome process(InferenceRequest request, Map<String, ProfileOutcome> results) {
        Map.Entry<String, ProfileOutcome> result = results.entrySet().iterator().next();
        return switch (result.getValue()) {
            case ProfileOutcome.Picked picked ->
                new SchedulingOutcome.Scheduled(result.getKey(), Map.of(result.getKey(), picked));
            case ProfileOutcome.Failed failed ->
                new SchedulingOutcome.Rejected(SchedulingOutcome.Reason.SATURATED, failed.message());
        };
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "single-profile-handler";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public ProfileHandler create(String name, NoParams params) {
            return new SingleProfileHandler();
        }
    }
}
