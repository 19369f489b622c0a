package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.Captured;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Timeout(90)
class ScrapeBenchCommandIT {
    private final Captured captured = new Captured();

    @Test
    void theCpuOfReadingAFewPagesIsMeasured() {
        assertThat(run("--pods=3", "--rounds=1", "--seconds=2", "--warm-up=1", "--json"))
                .as(captured.err())
                .isZero();
        List<JsonNode> lines =
                captured.out().lines().map(JsonMapper.shared()::readTree).toList();
        assertThat(lines)
                .extracting(line -> line.get("name").asString())
                .containsExactly(
                        "cores-every-second",
                        "cpu-per-page",
                        "cores-usual",
                        "pages-usual",
                        "cores-every-50ms",
                        "pages-every-50ms");
        assertThat(lines.getFirst().get("target").asDouble()).isEqualTo(0.1);
        // three pages, every 50 ms
        assertThat(lines.getLast().get("value").asDouble()).isBetween(20.0, 80.0);
    }

    @Test
    void numbersThatMakeNoSenseAreRefused() {
        assertThat(run("--pods=0")).isEqualTo(2);
        assertThat(captured.err()).contains("pods: 0 (expected: >= 1)");
    }

    private int run(String... options) {
        String[] arguments = new String[options.length + 2];
        arguments[0] = "bench";
        arguments[1] = "scrape";
        System.arraycopy(options, 0, arguments, 2, options.length);
        return captured.run(arguments);
    }
}
