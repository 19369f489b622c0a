package io.llmd.scheduler.api;

import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.scheduler.explain.Explanation;

/** Says how the scheduler would decide, and why. Safe from any thread; does not block. */
public interface ScheduleExplainer {

    /** Decides as {@link ScheduleDoor#schedule} would now, without a lease and without learning from it. */
    Explanation explain(ScheduleRequest request);
}
