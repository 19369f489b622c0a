package io.llmd.simulator.metrics;

import io.llmd.simulator.config.FakeMetrics;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.config.VersionPreset;
import io.llmd.simulator.engine.EngineSnapshot;
import io.llmd.simulator.metrics.Exposition.Labels;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The page at {@code /metrics} of one endpoint. Thread-safe. */
public final class MeterPage {
    /** Media type of the page. */
    public static final String CONTENT_TYPE = "text/plain; version=1.0.0; charset=utf-8";

    private static final double NANOS = 1e9;
    private static final Labels NO_LABELS = Labels.of(Map.of());

    private final SimulatorSettings settings;
    private final InstantSource clock;
    private final double startSeconds;
    private final HttpMeters http = new HttpMeters();
    private final SleepMeters sleep;
    private volatile @Nullable FakePage fake;

    /** @param start when the endpoint started */
    public MeterPage(SimulatorSettings settings, Instant start, InstantSource clock) {
        this.settings = settings;
        this.clock = clock;
        sleep = new SleepMeters(clock);
        startSeconds = start.getEpochSecond() + start.getNano() / NANOS;
        fake(settings.metrics().fake());
    }

    /** Counts HTTP requests. */
    public HttpMeters http() {
        return http;
    }

    /** Counts operations that put the endpoint to sleep or wake it. */
    public SleepMeters sleep() {
        return sleep;
    }

    /** The metrics that are told instead of the real ones; absent for none. */
    public @Nullable FakeMetrics fake() {
        FakePage current = fake;
        return current == null ? null : current.metrics();
    }

    /** Tells other metrics instead of the real ones, or the real ones; functions of time start now. */
    public void fake(@Nullable FakeMetrics metrics) {
        fake = metrics == null ? null : new FakePage(metrics, settings, clock.instant());
    }

    /**
     * The text.
     *
     * @param engines one for each rank, in their order
     * @param rejections requests that a bound of the queue refused
     * @param more text of meters that are kept elsewhere
     */
    public String text(List<EngineState> engines, Rejections rejections, String more) {
        FakePage instead = fake;
        if (instead != null) {
            return instead.text(Duration.between(instead.since(), clock.instant()));
        }
        Exposition out = new Exposition(this::shows, startSeconds);
        ProcessMeters.write(out, startSeconds);
        engines.forEach(engine -> engine.meters().writeState(out, engine.snapshot()));
        engines.forEach(engine -> engine.meters().writeCounters(out, engine.snapshot()));
        Labels model = Labels.of(Map.of("model_name", settings.servedModelName()));
        out.counter("vllm:admission_rejections", "Number of admission attempts rejected by a queue limit, by reason.")
                .count(model.with("reason", "max_num_queued_reqs"), rejections.requests())
                .count(model.with("reason", "max_num_queued_tokens"), rejections.tokens());
        engines.forEach(engine -> engine.meters().writeHistograms(out));
        sleep.write(out);
        http.write(out);
        out.gauge("sim_lag_seconds", "How far the simulated engine is behind the clock.")
                .value(
                        NO_LABELS,
                        engines.stream()
                                .mapToDouble(EngineState::lagSeconds)
                                .max()
                                .orElse(0));
        out.meter("sim_steps_total", "counter", "Engine steps.")
                .value(
                        NO_LABELS,
                        engines.stream()
                                .mapToLong(engine -> engine.snapshot().steps())
                                .sum());
        return out + more;
    }

    private boolean shows(String meter) {
        VersionPreset older = settings.metrics().alsoOf();
        return settings.preset().shows(meter) || older != null && older.shows(meter);
    }

    /**
     * What a page is written of.
     *
     * @param lagSeconds how far the engine is behind the clock
     */
    public record EngineState(EngineMeters meters, EngineSnapshot snapshot, double lagSeconds) {}

    /**
     * Requests that were refused.
     *
     * @param requests because there were too many of them
     * @param tokens because there were too many prompt tokens
     */
    public record Rejections(long requests, long tokens) {
        /** None. */
        public static final Rejections NONE = new Rejections(0, 0);
    }
}
