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

@Timeout(180)
class OverloadBenchCommandIT {
    private final Captured captured = new Captured();

    @Test
    void aShortRunAnswersAllAndComparesBothContenders() {
        assertThat(run(
                        "--pods=1",
                        "--rounds=1",
                        "--seconds=2",
                        "--calibration=1",
                        "--set=inter-token-latency=5ms",
                        "--json"))
                .as(captured.err())
                .isZero();

        List<JsonNode> lines =
                captured.out().lines().map(JsonMapper.shared()::readTree).toList();
        assertThat(lines)
                .extracting(line -> line.get("name").asString())
                .startsWith("high-first-token-p99", "fifo-goodput-over-ours", "capacity")
                .contains("fifo.unanswered", "unanswered");
        assertThat(lines)
                .allSatisfy(line ->
                        assertThat(line.get("value").asDouble()).isFinite().isNotNegative());
        assertThat(lines.stream()
                        .filter(line -> line.get("name").asString().endsWith("unanswered"))
                        .map(line -> line.get("value").asDouble()))
                .containsOnly(0.0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--pods=0        | pods: 0 (expected: >= 1)",
                "--overload=0    | overload: 0.0 (expected: > 0, at most 10)",
                "--high-share=1  | high-share: 1.0 (expected: between 0 and 1)",
                "--rounds=-1     | rounds: -1 (expected: >= 1)",
                "--calibration=0 | calibration: 0 (expected: >= 1)",
                "--set=gpu=x     | gpu: x (expected:"
            })
    void wrongOptionsEndWithTwo(String option, String message) {
        assertThat(run(option)).isEqualTo(2);
        assertThat(captured.err()).contains(message);
    }

    private int run(String... options) {
        String[] arguments = new String[options.length + 2];
        arguments[0] = "bench";
        arguments[1] = "overload";
        System.arraycopy(options, 0, arguments, 2, options.length);
        return captured.run(arguments);
    }
}
