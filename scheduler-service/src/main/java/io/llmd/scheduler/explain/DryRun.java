package io.llmd.scheduler.explain;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A decision that has no consequences.
 *
 * @param recording what plugins did
 * @param verdict how it ended
 * @param request null when the body could not be read
 * @param plan null when the request did not get that far
 * @param candidates null when the request did not get that far
 * @param loads load of the candidates, for decisions that did not look at it; null when unknown
 * @param plugins what plugins are, by name
 */
public record DryRun(
        DecisionRecording recording,
        Explanation.Verdict verdict,
        @Nullable InferenceRequest request,
        @Nullable SchedulingPlan plan,
        @Nullable Candidates candidates,
        @Nullable InFlightLoads loads,
        Map<String, PluginDescription> plugins) {

    private static final Endpoint[] NOBODY = {};

    /** Everything, for people. */
    public Explanation explanation(String requestId) {
        return new RecordReader(
                        requestId,
                        verdict,
                        request == null ? null : RecordedRequest.of(request, Set.of()),
                        candidates == null ? NOBODY : candidates.endpoints(),
                        plan == null || candidates == null ? RecordedData.NONE : RecordedData.of(plan, candidates),
                        recording,
                        plugins,
                        loads,
                        null)
                .explanation();
    }
}
