package io.llmd.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.gateway.access.ApiKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class AuditFileTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    private Path folder;

    private static ApiKey key(String id, int priority) {
        return ApiKey.unlimited(id, "research", Set.of("sim-8b"), null, priority);
    }

    private List<JsonNode> lines() throws IOException {
        return Files.readAllLines(folder.resolve("audit.jsonl")).stream()
                .map(line -> (JsonNode) JsonMapper.shared().readTree(line))
                .toList();
    }

    @Test
    void eachKeyThatComesGoesOrChangesIsALineAtTheEnd() throws IOException {
        AuditFile audit = new AuditFile(folder.resolve("audit.jsonl"), InstantSource.fixed(NOW));
        audit.keysReplaced(List.of(), List.of(key("a", 0), key("b", 0)), "start");

        new AuditFile(folder.resolve("audit.jsonl"), InstantSource.fixed(NOW))
                .keysReplaced(
                        List.of(key("a", 0), key("b", 0)), List.of(key("b", 5), key("c", 0)), "/etc/llmd/keys.yaml");
        audit.keysRefused("/etc/llmd/keys.yaml", "line 3: tenant: missing");

        assertThat(lines())
                .extracting(line ->
                        line.path("action").asString() + " " + line.path("key").asString(""))
                .containsExactly(
                        "key-added a", "key-added b", "key-changed b", "key-added c", "key-removed a", "keys-refused ");
        assertThat(lines().get(2).path("by").asString()).isEqualTo("/etc/llmd/keys.yaml");
        assertThat(lines().get(2).path("at").asString()).isEqualTo("2026-03-01T12:00:00Z");
        assertThat(lines().get(2).path("priority").asInt()).isEqualTo(5);
    }

    @Test
    void whatStaysTheSameIsNoLine() throws IOException {
        AuditFile audit = new AuditFile(folder.resolve("audit.jsonl"), InstantSource.fixed(NOW));

        audit.keysReplaced(List.of(key("a", 0)), List.of(key("a", 0)), "start");

        assertThat(folder.resolve("audit.jsonl")).doesNotExist();
    }

    @Test
    void withoutAFileNothingIsWritten() {
        new AuditFile(null, InstantSource.fixed(NOW)).keysReplaced(List.of(), List.of(key("a", 0)), "start");

        assertThat(folder).isEmptyDirectory();
    }
}
