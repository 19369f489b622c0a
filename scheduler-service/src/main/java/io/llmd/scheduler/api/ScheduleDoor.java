package io.llmd.scheduler.api;

import io.llmd.contracts.schedule.EndpointList;
import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRequest;
import java.util.function.Consumer;

/** The scheduler as its callers see it, over HTTP or in the same process. Safe from any thread; no method blocks. */
public interface ScheduleDoor {

    /**
     * Places one attempt of a request, now or when its turn comes. A decision opens a lease that the caller must end by
     * {@link #report}.
     *
     * @param outcome called exactly once, also when the request leaves: on the calling thread before this method returns
     *     when the request need not wait, else on any thread. A decision that is made while the request leaves is still
     *     delivered, and its lease is ended by the receiver. Must not block or throw
     * @return the place of the request in the queue, {@link QueuePlace#NONE} when it need not wait
     */
    QueuePlace schedule(ScheduleRequest request, Consumer<ScheduleOutcome> outcome);

    /** Takes note of what became of an attempt. Unknown and already ended leases are ignored. */
    void report(OutcomeReport report);

    /** Hears of running requests that have to end, until the result is run. */
    Runnable evictions(Evictions.Follower follower);

    /** All endpoints of the pool, ordered by id. */
    EndpointList endpoints();
}
