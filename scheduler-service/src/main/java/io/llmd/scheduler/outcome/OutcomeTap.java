package io.llmd.scheduler.outcome;

import io.llmd.contracts.scaling.RequestOutcomes.Ended;
import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.scheduler.api.AttemptListener;
import io.llmd.scheduler.api.DecisionListener;
import io.llmd.scheduler.resource.RewriteRule;
import io.llmd.scheduler.scheduling.InferenceRequest;
import java.time.InstantSource;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Listens beside another listener, and puts the end of each attempt into a log. */
public final class OutcomeTap implements DecisionListener {

    private static final long NANOS_PER_MICRO = 1_000;

    private final DecisionListener other;
    private final OutcomeLog log;
    private final LongSupplier nanoClock;
    private final InstantSource clock;

    /**
     * A tap.
     *
     * @param other hears all as if it were alone
     * @param nanoClock monotonic, that of {@link InferenceRequest#receivedNanos}
     * @param clock of the day
     */
    public OutcomeTap(DecisionListener other, OutcomeLog log, LongSupplier nanoClock, InstantSource clock) {
        this.other = Objects.requireNonNull(other, "other");
        this.log = Objects.requireNonNull(log, "log");
        this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    @Override
    public void decided(ScheduleOutcome outcome, String model, long durationNanos) {
        other.decided(outcome, model, durationNanos);
    }

    @Override
    public AttemptListener answered(
            ScheduleOutcome outcome, @Nullable InferenceRequest request, boolean isFirstAttempt) {
        AttemptListener follower = other.answered(outcome, request, isFirstAttempt);
        if (request == null || !(outcome instanceof ScheduleDecision)) {
            return follower;
        }
        Attempt attempt = new Attempt(
                request.targetModel(),
                request.priority(),
                request.body().stream(),
                (nanoClock.getAsLong() - request.receivedNanos()) / NANOS_PER_MICRO);
        return report -> {
            follower.reported(report);
            if (report.phase() == Phase.ENDED) {
                log.add(attempt.model(), attempt.ended(report, clock.millis()));
            }
        };
    }

    /** What is known of an attempt when it begins; its request, with the body, is not kept. */
    private record Attempt(String model, int priority, boolean streams, long waitedMicros) {

        Ended ended(OutcomeReport report, long atMillis) {
            return new Ended(
                    report.endpointId(),
                    priority,
                    streams,
                    report.cause(),
                    report.status(),
                    report.usage(),
                    since(report.timeToFirstTokenMicros()),
                    since(report.durationMicros()),
                    atMillis);
        }

        private long since(long micros) {
            return micros <= 0 ? 0 : waitedMicros + micros;
        }
    }

    @Override
    public void rewritten(RewriteRule rule, String model, String targetModel) {
        other.rewritten(rule, model, targetModel);
    }

    @Override
    public void disaggregated(String handler, String model, String decisionType) {
        other.disaggregated(handler, model, decisionType);
    }

    @Override
    public void reported(boolean isNews) {
        other.reported(isNews);
    }

    @Override
    public void failed(RuntimeException failure) {
        other.failed(failure);
    }
}
