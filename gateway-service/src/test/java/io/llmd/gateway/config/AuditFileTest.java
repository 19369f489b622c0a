package io.llmd.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.gateway.access.ApiKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class AuditFileTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    private Path folder;

    private static String key(String id, String secret, int priority) {
        return "  - {id: %s, sha256: '%s', tenant: research, models: [sim-8b], priority: %d}\n"
                .formatted(id, sha256(secret), priority);
    }

    private static String key(String id, int priority) {
        return key(id, id, priority);
    }

    private static ApiKeys keys(String... keys) {
        return ApiKeys.parse(("keys:\n" + String.join("", keys)).getBytes(StandardCharsets.UTF_8));
    }

    private static String sha256(String secret) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private List<JsonNode> lines() throws IOException {
        return Files.readAllLines(folder.resolve("audit.jsonl")).stream()
                .map(line -> (JsonNode) JsonMapper.shared().readTree(line))
                .toList();
    }

    @Test
    void eachKeyThatComesGoesOrChangesIsALineAtTheEnd() throws IOException {
        AuditFile audit = new AuditFile(folder.resolve("audit.jsonl"), InstantSource.fixed(NOW));
        audit.keysReplaced(ApiKeys.NONE, keys(key("a", 0), key("b", 0)), "start");

        new AuditFile(folder.resolve("audit.jsonl"), InstantSource.fixed(NOW))
                .keysReplaced(keys(key("a", 0), key("b", 0)), keys(key("b", 5), key("c", 0)), "/etc/llmd/keys.yaml");
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

        audit.keysReplaced(keys(key("a", 0)), keys(key("a", 0)), "start");

        assertThat(folder.resolve("audit.jsonl")).doesNotExist();
    }

    @Test
    void anotherSecretIsALineWithoutItsHash() throws IOException {
        AuditFile audit = new AuditFile(folder.resolve("audit.jsonl"), InstantSource.fixed(NOW));

        audit.keysReplaced(keys(key("a", "old", 0)), keys(key("a", "new", 0)), "/etc/llmd/keys.yaml");

        assertThat(lines())
                .extracting(line ->
                        line.path("action").asString() + " " + line.path("key").asString(""))
                .containsExactly("secret-changed a");
        assertThat(Files.readString(folder.resolve("audit.jsonl"))).doesNotContain(sha256("new"), sha256("old"));
    }

    @Test
    void otherLimitsOfATenantAreLinesOfItsKeys() throws IOException {
        AuditFile audit = new AuditFile(folder.resolve("audit.jsonl"), InstantSource.fixed(NOW));
        String limited = "tenants:\n  - {name: research, limits: {tokens-per-minute: 700}}\n";

        audit.keysReplaced(keys(key("a", 0)), keys(key("a", 0), limited), "/etc/llmd/keys.yaml");

        assertThat(lines()).extracting(line -> line.path("action").asString()).containsExactly("key-changed");
        assertThat(lines().getFirst().path("tenant-limits").asString()).contains("tokensPerMinute=700");
    }

    @Test
    void withoutAFileNothingIsWritten() {
        new AuditFile(null, InstantSource.fixed(NOW)).keysReplaced(ApiKeys.NONE, keys(key("a", 0)), "start");

        assertThat(folder).isEmptyDirectory();
    }
}
