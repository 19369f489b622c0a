package io.llmd.scheduler.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.latency.LatencyFeatures;
import io.llmd.scheduler.latency.LatencySample;
import io.llmd.scheduler.latency.LatencySample.Kind;
import io.llmd.scheduler.latency.MeasuredLatency;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LatencyMetersTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final LatencyMeters meters = new LatencyMeters(registry);

    @Test
    void predictedTimesAndTheirErrorsAreMeasured() {
        meters.measured("forecast", measured(Kind.TIME_TO_FIRST_TOKEN, 200, 150, 300, 0), 0.93);
        assertThat(registry.get("llm_d_epp_request_predicted_ttft")
                        .tags("plugin_name", "forecast", "plugin_type", "predicted-latency-producer")
                        .tags("model_name", "m", "target_model_name", "t")
                        .timer()
                        .totalTime(TimeUnit.MILLISECONDS))
                .isEqualTo(150);
        assertThat(registry.get("scheduler.latency.error")
                        .tags("plugin_name", "forecast", "type", "ttft")
                        .summary()
                        .mean())
                .isEqualTo(0.25);
        assertThat(registry.get("scheduler.latency.coverage")
                        .tag("type", "ttft")
                        .gauge()
                        .value())
                .isEqualTo(0.93);
        assertThat(last("ttft")).isEqualTo(0.2);
        assertThat(last("predicted_ttft")).isEqualTo(0.15);
    }

    @Test
    void coverageIsSmoothedOverRoles() {
        for (int i = 0; i < 400; i++) {
            double ofRole = i % 2 == 0 ? 0.8 : 1;
            meters.measured("forecast", measured(Kind.TIME_TO_FIRST_TOKEN, 200, 150, 300, 0), ofRole);
        }
        assertThat(registry.get("scheduler.latency.coverage").gauge().value()).isCloseTo(0.9, within(0.01));
    }

    @Test
    void missedObjectivesAreCountedWithoutPredictionsToo() {
        meters.measured("forecast", measured(Kind.TIME_PER_OUTPUT_TOKEN, 30, 0, 0, 20), 0.9);
        meters.measured("forecast", measured(Kind.TIME_PER_OUTPUT_TOKEN, 10, 0, 0, 20), 0.9);
        meters.measured("forecast", measured(Kind.TIME_PER_OUTPUT_TOKEN, 30, 0, 0, 0), 0.9);
        assertThat(registry.get("llm_d_epp_request_slo_violation")
                        .tag("type", "tpot")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(last("tpot_slo_violation")).isZero();
        assertThat(registry.find("scheduler.latency.error").meters()).isEmpty();
    }

    @Test
    void durationsDriftsAndDropsAreCounted() {
        meters.predicted("forecast", 2_000, true);
        meters.predicted("forecast", 500, false);
        assertThat(registry.get("llm_d_epp_request_ttft_prediction_duration")
                        .timer()
                        .totalTime(TimeUnit.NANOSECONDS))
                .isEqualTo(2_500);
        meters.drifted("forecast", Kind.TIME_TO_FIRST_TOKEN);
        meters.dropped("forecast");
        assertThat(registry.get("llm_d_epp_request_tpot_prediction_duration")
                        .timer()
                        .totalTime(TimeUnit.NANOSECONDS))
                .isEqualTo(2_000);
        assertThat(registry.get("scheduler.latency.drifts")
                        .tag("type", "ttft")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("scheduler.latency.dropped").counter().count()).isEqualTo(1);
    }

    private double last(String type) {
        return registry.get("llm_d_epp_inference_request_metric")
                .tag("type", type)
                .gauge()
                .value();
    }

    private static MeasuredLatency measured(
            Kind kind, double millis, double predicted, double bound, double objective) {
        LatencyFeatures features = new LatencyFeatures(0.4, 100, 0, 0, 1, 0, 0, 0, 0, "");
        return new MeasuredLatency(
                "ns/a", 0, "m", "t", objective, predicted, bound, new LatencySample(kind, features, millis));
    }
}
