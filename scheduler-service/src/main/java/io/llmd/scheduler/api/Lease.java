package io.llmd.scheduler.api;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import java.util.concurrent.atomic.AtomicBoolean;

/** One attempt in flight. It keeps the plan that placed it, so that a reload does not lose anybody's release. */
final class Lease {

    private final String requestId;
    private final String endpointId;
    private final SchedulingPlan plan;
    private final long openedNanos;
    private final AtomicBoolean started = new AtomicBoolean();
    private volatile AttemptListener listener = AttemptListener.NONE;

    Lease(String requestId, String endpointId, SchedulingPlan plan, long openedNanos) {
        this.requestId = requestId;
        this.endpointId = endpointId;
        this.plan = plan;
        this.openedNanos = openedNanos;
    }

    String requestId() {
        return requestId;
    }

    String endpointId() {
        return endpointId;
    }

    SchedulingPlan plan() {
        return plan;
    }

    long openedNanos() {
        return openedNanos;
    }

    /** True for the first caller only. */
    boolean start() {
        return started.compareAndSet(false, true);
    }

    /** Somebody wants to know what becomes of the attempt. */
    void followedBy(AttemptListener follower) {
        listener = follower;
    }

    /** Whoever follows the attempt hears of a report. */
    void tell(OutcomeReport report) {
        listener.reported(report);
    }
}
