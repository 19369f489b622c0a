package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.Captured;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Timeout(90)
class SimulatorBenchCommandIT {
    private final Captured captured = new Captured();

    @Test
    void fewStreamsOfTwoEndpointsAreMeasured() {
        assertThat(run("--pods=2", "--streams=6", "--rounds=2", "--seconds=1", "--warm-up=2", "--json"))
                .as(captured.err())
                .isZero();

        List<JsonNode> lines =
                captured.out().lines().map(JsonMapper.shared()::readTree).toList();
        assertThat(lines)
                .extracting(line -> line.get("name").asString())
                .containsExactly(
                        "pacing-error-p99", "pacing-error-p50", "events", "cpu-per-event", "cores", "client-cores");
        assertThat(lines)
                .allSatisfy(line -> assertThat(line.get("value").asDouble())
                        .isFinite()
                        .isNotNegative()
                        .isBetween(line.get("low").asDouble(), line.get("high").asDouble()));
        // a step of Qwen3-14B on an L40S takes some 45 ms
        assertThat(lines.get(2).get("value").asDouble()).isBetween(60.0, 150.0);
    }

    @Test
    void optionsOfTheEndpointsAreTold() {
        assertThat(run(
                        "--pods=1",
                        "--streams=1",
                        "--rounds=1",
                        "--seconds=3",
                        "--warm-up=0",
                        "--usual-priority",
                        "--set=inter-token-latency=20ms"))
                .as(captured.err())
                .isZero();
        assertThat(captured.out())
                .contains("1 endpoints, 1 streams, inter-token-latency=20ms")
                .contains("endpoints run with usual priority");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--pods=0     | pods: 0 (expected: >= 1)",
                "--streams=0  | streams: 0 (expected: >= 1)",
                "--rounds=-1  | rounds: -1 (expected: >= 1)",
                "--set=gpu=x  | gpu: x (expected:",
                "--set=speed=3 | speed",
                "--warm-up=-1 | warm-up: -1 (expected: >= 0)"
            })
    void wrongOptionsEndWithTwo(String option, String message) {
        assertThat(run(option)).isEqualTo(2);
        assertThat(captured.err()).contains(message);
    }

    private int run(String... options) {
        String[] arguments = new String[options.length + 2];
        arguments[0] = "bench";
        arguments[1] = "simulator";
        System.arraycopy(options, 0, arguments, 2, options.length);
        return captured.run(arguments);
    }
}
