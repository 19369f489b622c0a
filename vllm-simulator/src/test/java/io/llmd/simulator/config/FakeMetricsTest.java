package io.llmd.simulator.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FakeMetricsTest {

    @ParameterizedTest
    @CsvSource({
        "7, 3, 7",
        "oscillate:0:10:4s, 0, 0",
        "oscillate:0:10:4s, 1, 5",
        "oscillate:0:10:4s, 2, 10",
        "oscillate:0:10:4s, 4, 0",
        "ramp:10:0:5s, 1, 8",
        "ramp:10:0:5s, 99, 0",
        "rampreset:0:10:5s, 2.5, 5",
        "rampreset:0:10:5s, 6, 2",
        "squarewave:1:3:2s, 0.9, 1",
        "squarewave:1:3:2s, 1.1, 3",
        "squarewave:1:3:2s, 2, 1"
    })
    void gaugesAreConstantOrFollowTime(String value, double seconds, double expected) {
        assertThat(FakeValue.parse(value).at(seconds)).isCloseTo(expected, within(1e-9));
    }

    @Test
    void fieldsAreThoseOfTheInferenceSimulator() {
        FakeMetrics metrics = FakeMetrics.parse("""
                {"running-requests":10,"waiting-requests":"ramp:0:5:10s","kv-cache-usage":0.4,
                 "loras":[{"running":"lora4,lora2","waiting":"lora3","timestamp":1257894567}],
                 "ttft-buckets-values":[1,2],"request-prompt-tokens":[5,6],"total-prompt-tokens":100,
                 "prefix-cache-queries":10,"prefix-cache-hits":4,"request-success-total":{"stop":3}}""");
        assertThat(metrics.gauges().get("running-requests")).isEqualTo(new FakeValue.Constant(10));
        assertThat(metrics.buckets()).containsEntry("ttft-buckets-values", List.of(1L, 2L));
        assertThat(metrics.samples()).containsEntry("request-prompt-tokens", List.of(5L, 6L));
        assertThat(metrics.counters()).containsEntry("total-prompt-tokens", 100L);
        assertThat(metrics.finished()).isEqualTo(Map.of("stop", 3L));
        assertThat(metrics.loras()).containsExactly(new FakeMetrics.Adapters("lora4,lora2", "lora3", 1257894567));
        assertThat(FakeMetrics.empty().with(metrics.fields())).isEqualTo(metrics);
    }

    @Test
    void aChangeKeepsWhatItDoesNotName() {
        FakeMetrics before = FakeMetrics.parse("{\"running-requests\":10,\"ttft-buckets-values\":[1]}");
        Map<String, Object> change = new HashMap<>();
        change.put("kv-cache-usage", 0.5);
        change.put("ttft-buckets-values", List.of());
        change.put("running-requests", null);
        FakeMetrics after = before.with(change);
        assertThat(after.gauges().get("running-requests").at(0)).isEqualTo(10);
        assertThat(after.gauges().get("kv-cache-usage").at(0)).isEqualTo(0.5);
        assertThat(after.buckets().get("ttft-buckets-values")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"runing-requests\":1}",
                "{\"running-requests\":-1}",
                "{\"running-requests\":\"zigzag:0:1:1s\"}",
                "{\"running-requests\":\"ramp:0:1:0s\"}",
                "{\"kv-cache-usage\":1.5}",
                "{\"kv-cache-usage\":\"ramp:0:2:1s\"}",
                "{\"ttft-buckets-values\":[-1]}",
                "{\"ttft-buckets-values\":3}",
                "{\"prefix-cache-hits\":3}",
                "{\"loras\":[{\"running\":\"a\"}]}",
                "[1]"
            })
    void badFieldsAreRefused(String json) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FakeMetrics.parse(json))
                .withMessageContaining("(expected: ");
    }
}
