package io.llmd.scheduler.api;

import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.scheduler.resource.RewriteRule;
import io.llmd.scheduler.scheduling.InferenceRequest;
import org.jspecify.annotations.Nullable;

/** Hears of decisions and reports, on the deciding thread. Must not block or throw. */
public interface DecisionListener {

    /**
     * A request was answered.
     *
     * @param model model after rewriting, empty when the body did not say
     * @param durationNanos time that the answer took
     */
    void decided(ScheduleOutcome outcome, String model, long durationNanos);

    /**
     * The same with what meters need to know of the request.
     *
     * @param request null when the body could not be read
     * @param isFirstAttempt false when an earlier attempt of the same request went wrong
     * @return follows the attempt when somebody was chosen
     */
    default AttemptListener answered(
            ScheduleOutcome outcome, @Nullable InferenceRequest request, boolean isFirstAttempt) {
        return AttemptListener.NONE;
    }

    /** A rule decided which model serves a request. */
    default void rewritten(RewriteRule rule, String model, String targetModel) {}

    /** A handler for disaggregated serving chose which legs a request has. */
    default void disaggregated(String handler, String model, String decisionType) {}

    /** A report came; {@code isNews} is false for one about an unknown or ended lease, or a repeated one. */
    void reported(boolean isNews);

    /** A defect: an exception reached the edge. */
    void failed(RuntimeException failure);
}
