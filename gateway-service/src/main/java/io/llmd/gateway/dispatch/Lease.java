package io.llmd.gateway.dispatch;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.contracts.schedule.TokenUsage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One attempt's claim on an endpoint: counted from the decision on, and given back exactly once by {@link #end},
 * whoever calls it first. Thread-safe.
 */
public final class Lease {

    private final ScheduleDecision decision;
    private final SchedulerClient scheduler;
    private final AtomicLong inFlight;
    private final LongSupplier nanoTime;
    private final long openedNanos;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile long firstByteNanos;
    private volatile boolean started;
    private volatile @Nullable String fallback;

    private Lease(ScheduleDecision decision, SchedulerClient scheduler, AtomicLong inFlight, LongSupplier nanoTime) {
        this.decision = decision;
        this.scheduler = scheduler;
        this.inFlight = inFlight;
        this.nanoTime = nanoTime;
        this.openedNanos = nanoTime.getAsLong();
    }

    /** Opens the lease that a decision carries. */
    public static Lease open(
            ScheduleDecision decision, SchedulerClient scheduler, InFlightRequests inFlight, LongSupplier nanoTime) {
        return new Lease(decision, scheduler, inFlight.enter(decision.primary().id()), nanoTime);
    }

    /** The decision that gave the lease. */
    public ScheduleDecision decision() {
        return decision;
    }

    /** Where the attempt goes. */
    public TargetEndpoint endpoint() {
        return decision.primary();
    }

    /** Notes for what is reported why the endpoint computes the prompt although the decision named another one for it. */
    public void fellBack(String why) {
        fallback = why;
    }

    /** Reports that the endpoint's answer has begun; only the first call counts. */
    public void start(int status) {
        if (started || ended.get()) {
            return;
        }
        started = true;
        firstByteNanos = nanoTime.getAsLong();
        scheduler.report(report(Phase.STARTED, Cause.NONE, status, TokenUsage.UNKNOWN, 0));
    }

    /**
     * Gives the lease back; only the first call counts.
     *
     * @param status status of the endpoint's answer, 0 when there was none
     */
    public void end(Cause cause, int status, TokenUsage usage) {
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        inFlight.decrementAndGet();
        long micros = Math.max(1, (nanoTime.getAsLong() - openedNanos) / 1_000);
        scheduler.report(report(Phase.ENDED, cause, status, usage, micros));
    }

    private OutcomeReport report(Phase phase, Cause cause, int status, TokenUsage usage, long durationMicros) {
        long timeToFirstToken = started ? Math.max(1, (firstByteNanos - openedNanos) / 1_000) : 0;
        return new OutcomeReport(
                decision.requestId(),
                decision.leaseId(),
                endpoint().id(),
                phase,
                cause,
                status,
                usage,
                timeToFirstToken,
                durationMicros,
                fallback);
    }
}
