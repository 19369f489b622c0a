package io.llmd.scheduler.observe;

import io.llmd.scheduler.latency.LatencyEvents;
import io.llmd.scheduler.latency.LatencySample.Kind;
import io.llmd.scheduler.latency.MeasuredLatency;
import io.llmd.scheduler.scheduling.DataKeys;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Meters of predictions in process. Grows with plugin names and, up to a bound, with models. Safe from any thread. */
public final class LatencyMeters implements LatencyEvents {

    private static final int MAX_MODELS = 100;
    private static final double MILLIS_PER_SECOND = 1e3;
    private static final double NANOS_PER_MILLI = 1e6;
    private static final double SMOOTHING = 0.05;

    private record Series(String plugin, String model, String targetModel, Kind kind) {}

    /** Meters of one kind of time of one model. */
    private record OfModel(
            Timer predicted,
            Counter missed,
            SettableGauge lastMeasured,
            SettableGauge lastPredicted,
            SettableGauge lastMissed) {}

    /** Meters of one kind of time of all models. */
    private static final class OfKind {
        private final DistributionSummary error;
        private final SettableGauge coverage;
        private double smoothed = Double.NaN;

        private OfKind(DistributionSummary error, SettableGauge coverage) {
            this.error = error;
            this.coverage = coverage;
        }

        /** Smooths over roles, each of which has a coverage of its own. */
        private synchronized void add(double relativeError, double ofRole) {
            error.record(relativeError);
            smoothed = Double.isNaN(smoothed) ? ofRole : smoothed + SMOOTHING * (ofRole - smoothed);
            coverage.set(smoothed);
        }
    }

    private record OfDuration(Timer firstToken, Timer outputToken) {}

    private final MeterRegistry registry;
    private final LabelLimit models = new LabelLimit(MAX_MODELS);
    private final Map<Series, OfModel> ofModels = new ConcurrentHashMap<>();
    private final Map<Series, OfKind> ofKinds = new ConcurrentHashMap<>();
    private final Map<String, OfDuration> durations = new ConcurrentHashMap<>();

    /** Registers meters at {@code registry} when there is something to tell. */
    public LatencyMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    /** As llm-d calls it. */
    private static String type(Kind kind) {
        return switch (kind) {
            case TIME_TO_FIRST_TOKEN -> "ttft";
            case TIME_PER_OUTPUT_TOKEN -> "tpot";
        };
    }

    private static Tags tags(String plugin) {
        return Tags.of("plugin_name", plugin, "plugin_type", DataKeys.LATENCY_PRODUCER);
    }

    @Override
    public void predicted(String plugin, long nanos, boolean withOutput) {
        OfDuration of = durations.computeIfAbsent(plugin, this::duration);
        of.firstToken().record(nanos, TimeUnit.NANOSECONDS);
        if (withOutput) {
            of.outputToken().record(nanos, TimeUnit.NANOSECONDS);
        }
    }

    private OfDuration duration(String plugin) {
        return new OfDuration(
                timer(SchedulerMeters.TTFT_PREDICTION_DURATION, Buckets.PREDICTION, tags(plugin)),
                timer(SchedulerMeters.TPOT_PREDICTION_DURATION, Buckets.PREDICTION, tags(plugin)));
    }

    private Timer timer(SchedulerMeters meter, double[] buckets, Tags tags) {
        return Timer.builder(meter.getName())
                .tags(tags)
                .serviceLevelObjectives(Buckets.durations(buckets))
                .register(registry);
    }

    @Override
    public void measured(String plugin, MeasuredLatency measured, double coverage) {
        Kind kind = measured.sample().kind();
        Series series =
                new Series(plugin, models.bounded(measured.model()), models.bounded(measured.targetModel()), kind);
        OfModel of = ofModels.computeIfAbsent(series, this::ofModel);
        of.lastMeasured().set(measured.sample().millis() / MILLIS_PER_SECOND);
        of.lastMissed().set(measured.isMissed() ? 1 : 0);
        if (measured.isMissed()) {
            of.missed().increment();
        }
        if (measured.isPredicted()) {
            of.predicted().record(Math.round(measured.predictedMillis() * NANOS_PER_MILLI), TimeUnit.NANOSECONDS);
            of.lastPredicted().set(measured.predictedMillis() / MILLIS_PER_SECOND);
            ofKinds.computeIfAbsent(new Series(plugin, "", "", kind), this::ofKind)
                    .add(measured.relativeError(), coverage);
        }
    }

    private OfModel ofModel(Series series) {
        boolean isFirst = series.kind() == Kind.TIME_TO_FIRST_TOKEN;
        Tags tags = tags(series.plugin()).and("model_name", series.model(), "target_model_name", series.targetModel());
        String type = type(series.kind());
        return new OfModel(
                timer(
                        isFirst ? SchedulerMeters.PREDICTED_TTFT : SchedulerMeters.PREDICTED_TPOT,
                        isFirst ? Buckets.LATENCY : Buckets.PER_TOKEN,
                        tags),
                registry.counter(SchedulerMeters.SLO_VIOLATIONS.getName(), tags.and("type", type)),
                last(tags, type),
                last(tags, "predicted_" + type),
                last(tags, type + "_slo_violation"));
    }

    private SettableGauge last(Tags tags, String type) {
        return new SettableGauge(registry, SchedulerMeters.REQUEST_METRIC.getName(), tags.and("type", type));
    }

    private OfKind ofKind(Series series) {
        Tags tags = Tags.of("plugin_name", series.plugin(), "type", type(series.kind()));
        return new OfKind(
                DistributionSummary.builder(SchedulerMeters.PREDICTION_ERROR.getName())
                        .tags(tags)
                        .serviceLevelObjectives(Buckets.RATIO)
                        .register(registry),
                new SettableGauge(registry, SchedulerMeters.PREDICTION_COVERAGE.getName(), tags));
    }

    @Override
    public void drifted(String plugin, Kind kind) {
        registry.counter(SchedulerMeters.PREDICTION_DRIFTS.getName(), "plugin_name", plugin, "type", type(kind))
                .increment();
    }

    @Override
    public void dropped(String plugin) {
        registry.counter(SchedulerMeters.PREDICTION_DROPPED.getName(), "plugin_name", plugin)
                .increment();
    }
}
