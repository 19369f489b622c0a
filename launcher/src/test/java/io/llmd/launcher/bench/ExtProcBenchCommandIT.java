package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.Captured;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Timeout(120)
class ExtProcBenchCommandIT {
    private final Captured captured = new Captured();

    @Test
    void theCpuOfStreamsIsMeasuredBesideTheFloor() {
        assertThat(run("--shapes=stream", "--rounds=1", "--seconds=1", "--warm-up=0", "--json"))
                .as(captured.err())
                .isZero();
        List<JsonNode> lines =
                captured.out().lines().map(JsonMapper.shared()::readTree).toList();
        assertThat(lines)
                .extracting(line -> line.get("name").asString())
                .containsExactly(
                        "stream.cpu",
                        "stream.cpu-per-request",
                        "stream.floor.cpu-per-request",
                        "stream.requests",
                        "stream.floor.requests",
                        "stream.destination-p50",
                        "stream.destination-p99");
        assertThat(lines)
                .allSatisfy(line -> assertThat(line.get("value").asDouble()).isPositive());
    }

    @Test
    void whatIsNotKnownIsRefused() {
        assertThat(run("--shapes=2kb")).isEqualTo(2);
        assertThat(captured.err()).contains("shapes: 2kb (expected: 1kb, 40kb, 400kb or stream)");
        assertThat(run("--concurrency=0")).isEqualTo(2);
    }

    private int run(String... options) {
        String[] arguments = new String[options.length + 2];
        arguments[0] = "bench";
        arguments[1] = "extproc";
        System.arraycopy(options, 0, arguments, 2, options.length);
        return captured.run(arguments);
    }
}
