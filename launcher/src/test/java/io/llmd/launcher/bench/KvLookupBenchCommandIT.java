package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.Captured;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Timeout(240)
class KvLookupBenchCommandIT {
    private final Captured captured = new Captured();

    @Test
    void aServiceWithFullCachesIsAskedInBothForms() {
        assertThat(run("--pods=2", "--rate=50", "--rounds=1", "--seconds=1", "--json"))
                .as(captured.err())
                .isZero();
        List<JsonNode> lines =
                captured.out().lines().map(JsonMapper.shared()::readTree).toList();
        assertThat(lines)
                .extracting(line -> line.get("name").asString())
                .containsExactlyElementsOf(Stream.of("binary", "json")
                        .flatMap(form -> Stream.of(".p50", ".p95", ".requests-per-core", ".requests")
                                .map(form::concat))
                        .toList());
        assertThat(lines)
                .allSatisfy(line -> assertThat(line.get("value").asDouble()).isPositive());
    }

    @Test
    void numbersThatMakeNoSenseAreRefused() {
        assertThat(run("--pods=11")).isEqualTo(2);
        assertThat(captured.err()).contains("pods: 11 (expected:");
    }

    private int run(String... options) {
        return captured.run(Stream.concat(Stream.of("bench", "kv-lookup"), Stream.of(options))
                .toArray(String[]::new));
    }
}
