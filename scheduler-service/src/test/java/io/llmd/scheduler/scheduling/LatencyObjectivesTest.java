package io.llmd.scheduler.scheduling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LatencyObjectivesTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-5",
                "abc",
                "1e9",
                "9223372036854775808",
                "5d",
                "0x1p3",
                "NaN",
                "Infinity",
                "0",
                "",
                "31536000001"
            })
    void whatIsNoNumberOfMillisecondsUpToAYearIsAbsent(String value) {
        assertThat(of(value).isAny()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"200, 200", "' 12.5 ', 12.5", "31536000000, 31536000000"})
    void decimalDigitsAreBelieved(String value, double millis) {
        assertThat(of(value).timeToFirstTokenMillis()).isEqualTo(millis);
    }

    private static LatencyObjectives of(String value) {
        return LatencyObjectives.of(EndpointFixture.request(Map.of("x-llm-d-slo-ttft-ms", value), 0));
    }
}
