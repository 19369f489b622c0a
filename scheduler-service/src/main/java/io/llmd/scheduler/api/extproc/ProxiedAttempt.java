package io.llmd.scheduler.api.extproc;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.api.ScheduleDoor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The lease of one request: reports its start at most once and its end exactly once. Not thread-safe. */
final class ProxiedAttempt {

    private final ScheduleDoor door;
    private final ScheduleDecision decision;
    private final LongSupplier nanoTime;
    private final long sentNanos;
    private long firstByteNanos;
    private boolean isStarted;
    private boolean isEnded;
    private int status;
    private String endpointId;

    ProxiedAttempt(ScheduleDoor door, ScheduleDecision decision, LongSupplier nanoTime) {
        this.door = door;
        this.decision = decision;
        this.nanoTime = nanoTime;
        this.sentNanos = nanoTime.getAsLong();
        this.endpointId = decision.primary().id();
    }

    ScheduleDecision decision() {
        return decision;
    }

    boolean isEnded() {
        return isEnded;
    }

    /** An endpoint has answered with a status; 0 when it is not known. {@code served} names it where the proxy says who it was. */
    void answered(int answerStatus, @Nullable String served) {
        status = answerStatus;
        for (TargetEndpoint endpoint : decision.endpoints()) {
            if (endpoint.hostPort().equals(served)) {
                endpointId = endpoint.id();
            }
        }
    }

    /** The body of the answer begins, or its end when it has none. */
    void started() {
        if (!isStarted && !isEnded) {
            isStarted = true;
            firstByteNanos = nanoTime.getAsLong() - sentNanos;
            report(Phase.STARTED, Cause.NONE, TokenUsage.UNKNOWN, 0);
        }
    }

    void end(Cause cause, TokenUsage usage) {
        if (!isEnded) {
            isEnded = true;
            report(Phase.ENDED, cause, usage, (nanoTime.getAsLong() - sentNanos) / 1_000);
        }
    }

    /** Nobody will tell what becomes of it: no times are known. */
    void endUnseen() {
        if (!isEnded) {
            isEnded = true;
            report(Phase.ENDED, Cause.NATURAL, TokenUsage.UNKNOWN, 0);
        }
    }

    private void report(Phase phase, Cause cause, TokenUsage usage, long durationMicros) {
        door.report(new OutcomeReport(
                decision.requestId(),
                decision.leaseId(),
                endpointId,
                phase,
                cause,
                status,
                usage,
                firstByteNanos / 1_000,
                durationMicros));
    }
}
