package io.llmd.scheduler.api;

import io.llmd.contracts.schedule.ScheduleOutcome;

/** Hears of decisions and reports, on the deciding thread. Must not block or throw. */
public interface DecisionListener {

    /**
     * A request was answered.
     *
     * @param model model after rewriting, empty when the body did not say
     * @param durationNanos time that the answer took
     */
    void decided(ScheduleOutcome outcome, String model, long durationNanos);

    /** A report came; {@code isNews} is false for one about an unknown or ended lease, or a repeated one. */
    void reported(boolean isNews);

    /** A defect: an exception reached the edge. */
    void failed(RuntimeException failure);
}
