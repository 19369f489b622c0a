package io.llmd.scheduler.api.extproc;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.api.ScheduleDoor;
import java.util.function.LongSupplier;

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

    ProxiedAttempt(ScheduleDoor door, ScheduleDecision decision, LongSupplier nanoTime) {
        this.door = door;
        this.decision = decision;
        this.nanoTime = nanoTime;
        this.sentNanos = nanoTime.getAsLong();
    }

    ScheduleDecision decision() {
        return decision;
    }

    boolean isEnded() {
        return isEnded;
    }

    /** The endpoint has answered with a status; 0 when it is not known. */
    void answered(int answerStatus) {
        status = answerStatus;
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

    private void report(Phase phase, Cause cause, TokenUsage usage, long durationMicros) {
        door.report(new OutcomeReport(
                decision.requestId(),
                decision.leaseId(),
                decision.primary().id(),
                phase,
                cause,
                status,
                usage,
                firstByteNanos / 1_000,
                durationMicros));
    }
}
