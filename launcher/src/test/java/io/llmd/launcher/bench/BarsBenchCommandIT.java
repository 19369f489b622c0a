package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.launcher.Captured;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Timeout(240)
class BarsBenchCommandIT {

    private final Captured captured = new Captured();

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "CPU time and memory of other processes are read from /proc")
    void aSmallShareOfSomeFiguresIsTakenAndNotJudged() {
        assertThat(run(
                        "--figures=L1,L7,L10",
                        "--rounds=1",
                        "--seconds=2",
                        "--warm-up=1",
                        "--share=0.01",
                        "--strict",
                        "--json"))
                .as(captured.err())
                .isZero();

        List<JsonNode> lines =
                captured.out().lines().map(JsonMapper.shared()::readTree).toList();
        assertThat(lines)
                .extracting(line -> line.get("name").asString())
                .contains("L1.added-p50", "L7.cycle-p99", "L10.memory");
        assertThat(lines).allSatisfy(line -> {
            assertThat(line.get("value").isNumber()).as(line.toString()).isTrue();
            assertThat(line.get("pass").isNull()).isTrue();
        });
        assertThat(value(lines, "L7.gauges-less-clients")).isZero();
        assertThat(value(lines, "L7.errors")).isZero();
        assertThat(value(lines, "L7.cycle-p99")).isPositive();
        assertThat(value(lines, "L7.cycles")).isPositive();
        assertThat(value(lines, "L7.cancels")).isPositive();
        assertThat(value(lines, "L10.p99-before")).isPositive();
        assertThat(value(lines, "L10.good-errors")).isZero();
        assertThat(value(lines, "L10.open-share")).isGreaterThan(0.5);
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "other loopback addresses than 127.0.0.1 are there on Linux only")
    void stampedEventsOfAnEndpointComeWholeAndInTime() throws Exception {
        try (LoadClient client = new LoadClient(new SourceAddresses(2));
                EndpointStub stub = EndpointStub.start(1)) {
            stub.streamed(true);
            stub.stamped(true);
            stub.pace(Duration.ofMillis(1));
            LoadRun run =
                    client.start(stub.ports().getFirst(), 2, new LoadShape(true, 1_280, true, true), Duration.ZERO, 0);
            await("streams").until(() -> run.tally().responses() > 3);
            LoadRun.Tally tally = run.drain(Duration.ofSeconds(5));

            assertThat(tally.errors()).as(tally.firstError()).isZero();
        }
    }

    @Test
    void clientsThatHangUpAreNotErrorsAndComeAgain() throws Exception {
        try (LoadClient client = new LoadClient();
                EndpointStub stub = EndpointStub.start(1)) {
            stub.streamed(true);
            stub.pace(Duration.ofMillis(50));
            LoadRun run = client.start(stub.ports().getFirst(), 4, new LoadShape(true, 1_280, true), Duration.ZERO, 0);
            run.leaveAt(200);
            await("clients that left").until(() -> run.tally().left() > 20);
            run.stay();
            await("clients that came again").until(() -> run.inFlight() == 4);
            stub.pace(Duration.ZERO);

            assertThat(run.drain(Duration.ofSeconds(10)).errors()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--figures=L5  | figures: L5 (expected: L1, L2, L3, L4, L6, L7, L10, L11, L12, L13, L14)",
                "--rounds=0    | rounds: 0 (expected: 1 to 100)",
                "--seconds=0   | seconds: 0 (expected: 1 to 86400)",
                "--warm-up=-1  | warm-up: -1 (expected: 0 to 3600)",
                "--share=0     | share: 0.0 (expected: above 0, at most 1)"
            })
    void wrongOptionsEndWithTwo(String option, String message) {
        assertThat(run(option)).isEqualTo(2);
        assertThat(captured.err()).contains(message);
    }

    private static double value(List<JsonNode> lines, String name) {
        return lines.stream()
                .filter(line -> line.get("name").asString().equals(name))
                .findFirst()
                .orElseThrow()
                .get("value")
                .asDouble();
    }

    private int run(String... options) {
        String[] arguments = new String[options.length + 2];
        arguments[0] = "bench";
        arguments[1] = "bars";
        System.arraycopy(options, 0, arguments, 2, options.length);
        return captured.run(arguments);
    }
}
