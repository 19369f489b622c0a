package io.llmd.scheduler.api;

import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import org.jspecify.annotations.Nullable;

/** A decision before anything follows from it. */
sealed interface Decided {

    /** The endpoints that could be chosen, null when it did not get that far. */
    @Nullable
    Candidates candidates();

    /** Endpoints were chosen. */
    record Placed(
            SchedulingPlan plan, InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome)
            implements Decided {}

    /**
     * Nobody was chosen.
     *
     * @param request null when the body could not be read
     * @param plan null when the request did not get that far
     * @param candidates null when the request did not get that far
     */
    record Refused(
            ScheduleRejection rejection,
            @Nullable InferenceRequest request,
            @Nullable SchedulingPlan plan,
            @Nullable Candidates candidates)
            implements Decided {}
}
