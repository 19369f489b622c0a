package io.llmd.scheduler.api;

import io.llmd.contracts.schedule.EndpointList;
import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRequest;

/** The scheduler as its callers see it, over HTTP or in the same process. Safe from any thread; no method blocks. */
public interface ScheduleDoor {

    /** Places one attempt of a request. A decision opens a lease that the caller must end by {@link #report}. */
    ScheduleOutcome schedule(ScheduleRequest request);

    /** Takes note of what became of an attempt. Unknown and already ended leases are ignored. */
    void report(OutcomeReport report);

    /** All endpoints of the pool, ordered by id. */
    EndpointList endpoints();
}
