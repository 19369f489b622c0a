package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.Captured;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class VirtualTimeBenchCommandTest {
    private final Captured captured = new Captured();

    @Test
    void everyWorkloadIsMeasuredWithEveryRouting() {
        assertThat(run("--runs", "2", "--warm-up", "0", "--share", "0.001")).isZero();

        assertThat(captured.out().lines().filter(line -> line.matches(" (ladder|chats), .*")))
                .hasSize(6)
                .allSatisfy(
                        line -> assertThat(line)
                                .matches(
                                        " (ladder|chats), (random|by prefix|precise) +[\\d,]+ +[\\d,]+ to [\\d,]+( +[\\d,]+){3}"));
    }

    @Test
    void figuresAreFiniteAndPositive() {
        assertThat(run("--workload", "ladder", "--runs", "2", "--warm-up", "0", "--share", "0.001", "--json"))
                .isZero();

        List<JsonNode> lines =
                captured.out().lines().map(JsonMapper.shared()::readTree).toList();
        assertThat(lines)
                .extracting(line -> line.get("name").asString())
                .containsExactly("requests.ladder.random", "requests.ladder.by-prefix", "requests.ladder.precise");
        assertThat(lines)
                .allSatisfy(line -> assertThat(line.get("value").asDouble())
                        .isFinite()
                        .isPositive()
                        .isBetween(line.get("low").asDouble(), line.get("high").asDouble()));
    }

    @ParameterizedTest
    @EnumSource(VirtualTimeRouting.class)
    void aRunServesEveryRequestOfItsShare(VirtualTimeRouting routing) {
        VirtualTimeRun run = VirtualTimeRun.of(VirtualTimeWorkload.LADDER, routing, 0.001, 1);

        assertThat(run.totals().unfinished()).isZero();
        assertThat(run.totals().outputTokens()).isEqualTo(run.totals().requests() * 1000);
        assertThat(run.totals())
                .isEqualTo(VirtualTimeRun.of(VirtualTimeWorkload.LADDER, routing, 0.001, 1)
                        .totals());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--runs=0        | runs: 0 (expected: >= 1)",
                "--warm-up=-1    | warm-up: -1 (expected: >= 0)",
                "--share=0       | share: 0.0 (expected: above 0, at most 1)",
                "--share=1.5     | share: 1.5 (expected: above 0, at most 1)",
                "--workload=fast | LADDER, CHATS"
            })
    void wrongOptionsEndWithTwo(String option, String message) {
        assertThat(run(option)).isEqualTo(2);
        assertThat(captured.err()).contains(message);
    }

    private int run(String... options) {
        String[] arguments = new String[options.length + 2];
        arguments[0] = "bench";
        arguments[1] = "virtual-time";
        System.arraycopy(options, 0, arguments, 2, options.length);
        return captured.run(arguments);
    }
}
