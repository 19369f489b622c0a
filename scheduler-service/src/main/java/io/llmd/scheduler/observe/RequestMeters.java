package io.llmd.scheduler.observe;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.api.AttemptListener;
import io.llmd.scheduler.api.ErrorCodes;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Meters of requests by model, flow and priority. Safe from any thread.
 *
 * <p>Grows with the combinations of these labels, up to a bound: then flows, and at last models, are counted together as
 * {@code other}. Each combination holds some twenty kilobytes.
 */
final class RequestMeters {

    private static final int MAX_COMBINATIONS = 1_000;
    private static final int MAX_VALUES = 1_000;

    private static final RequestLabels UNKNOWN = new RequestLabels("", "", "", 0);

    private final MeterRegistry registry;
    private final LongSupplier nanoClock;
    private final Timer processing;
    private final LabelLimit models = new LabelLimit(MAX_VALUES);
    private final LabelLimit flows = new LabelLimit(MAX_VALUES);
    private final Map<RequestLabels, RequestSeries> series = new ConcurrentHashMap<>();
    private final AtomicInteger combinations = new AtomicInteger();

    RequestMeters(MeterRegistry registry, LongSupplier nanoClock) {
        this.registry = registry;
        this.nanoClock = nanoClock;
        processing = Timer.builder(SchedulerMeters.REQUEST_PROCESSING.getName())
                .serviceLevelObjectives(Buckets.durations(Buckets.REQUEST_PROCESSING))
                .register(registry);
    }

    LabelLimit models() {
        return models;
    }

    LabelLimit flows() {
        return flows;
    }

    AttemptListener answered(ScheduleOutcome outcome, @Nullable InferenceRequest request, boolean isFirstAttempt) {
        if (request == null) {
            unread(outcome);
            return AttemptListener.NONE;
        }
        long decisionNanos = nanoClock.getAsLong() - request.receivedNanos();
        processing.record(decisionNanos, TimeUnit.NANOSECONDS);
        RequestSeries of = series(request);
        if (isFirstAttempt) {
            of.requests().increment();
            of.requestBytes().record(request.body().sizeBytes());
        }
        return switch (outcome) {
            case ScheduleRejection rejection -> {
                of.error(ErrorCodes.of(rejection.reason())).increment();
                yield AttemptListener.NONE;
            }
            case ScheduleDecision decision -> {
                of.running().incrementAndGet();
                yield new Following(of, decisionNanos, request.body().stream());
            }
        };
    }

    /** Of a body that cannot be read, nothing is known but that it was refused. */
    private void unread(ScheduleOutcome outcome) {
        if (outcome instanceof ScheduleRejection rejection) {
            registry.counter(
                            SchedulerMeters.REQUEST_ERRORS.getName(),
                            UNKNOWN.tags().and("error_code", ErrorCodes.of(rejection.reason())))
                    .increment();
        }
    }

    private RequestSeries series(InferenceRequest request) {
        RequestLabels labels = new RequestLabels(
                models.bounded(request.body().model()),
                models.bounded(request.targetModel()),
                flows.bounded(request.fairnessId()),
                request.priority());
        RequestSeries known = series.get(labels);
        return known != null ? known : add(labels);
    }

    private RequestSeries add(RequestLabels labels) {
        RequestLabels bounded = labels;
        if (combinations.get() >= MAX_COMBINATIONS) {
            bounded = new RequestLabels(labels.model(), labels.targetModel(), LabelLimit.OTHER, labels.priority());
            bounded = series.containsKey(bounded) || combinations.get() < MAX_COMBINATIONS + MAX_COMBINATIONS / 10
                    ? bounded
                    : new RequestLabels(LabelLimit.OTHER, LabelLimit.OTHER, LabelLimit.OTHER, 0);
        }
        return series.computeIfAbsent(bounded, wanted -> {
            combinations.incrementAndGet();
            return new RequestSeries(registry, wanted);
        });
    }

    /** A flow is gone, and its series with it, except for those of flows that are counted together. */
    void forgetFlow(String fairnessId) {
        if (fairnessId.equals(LabelLimit.OTHER)) {
            return;
        }
        List.copyOf(series.keySet()).stream()
                .filter(labels -> labels.fairnessId().equals(fairnessId))
                .forEach(labels -> {
                    RequestSeries gone = series.get(labels);
                    if (gone != null && gone.running().get() == 0 && series.remove(labels, gone)) {
                        gone.remove(registry);
                        combinations.decrementAndGet();
                    }
                });
        flows.forget(fairnessId);
    }

    /** One attempt until its end. */
    private record Following(RequestSeries of, long decisionNanos, boolean streams) implements AttemptListener {

        private static final long NANOS_PER_MICRO = 1_000;

        @Override
        public void reported(OutcomeReport report) {
            if (report.phase() != Phase.ENDED) {
                return;
            }
            of.running().decrementAndGet();
            if (report.cause() == Cause.ERROR || report.status() >= 400) {
                of.error(ErrorCodes.MODEL_SERVER).increment();
            }
            if (report.durationMicros() > 0) {
                times(report);
            }
            tokens(report.usage());
        }

        private void times(OutcomeReport report) {
            if (report.durationMicros() == 0) {
                return;
            }
            long wholeNanos = decisionNanos + report.durationMicros() * NANOS_PER_MICRO;
            of.duration().record(wholeNanos, TimeUnit.NANOSECONDS);
            int generated = report.usage().completionTokens();
            if (generated > 0) {
                of.perToken().record(wholeNanos / generated, TimeUnit.NANOSECONDS);
            }
            if (report.timeToFirstTokenMicros() > 0) {
                long firstNanos = decisionNanos + report.timeToFirstTokenMicros() * NANOS_PER_MICRO;
                of.timeToFirstToken(streams).record(firstNanos, TimeUnit.NANOSECONDS);
                if (streams && generated > 1) {
                    of.perOutputToken().record((wholeNanos - firstNanos) / (generated - 1), TimeUnit.NANOSECONDS);
                }
            }
        }

        private void tokens(TokenUsage usage) {
            if (usage.promptTokens() > 0) {
                of.inputTokens().record(usage.promptTokens());
            }
            if (usage.completionTokens() > 0) {
                of.outputTokens().record(usage.completionTokens());
            }
            if (usage.cachedTokens() > 0) {
                of.cachedTokens().record(usage.cachedTokens());
            }
        }
    }
}
