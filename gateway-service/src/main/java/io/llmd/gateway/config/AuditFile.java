package io.llmd.gateway.config;

import io.llmd.gateway.access.ApiKey;
import io.llmd.gateway.access.ApiKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes who may do what from when on: one JSON object a line, only ever at the end of the file, with ids of keys and never
 * a key or its hash. Lines that cannot be written go to the log instead. Used by one thread at a time.
 */
final class AuditFile {

    private static final Logger log = LoggerFactory.getLogger(AuditFile.class);

    private final JsonMapper json = JsonMapper.shared();
    private final @Nullable Path file;
    private final InstantSource clock;

    /** @param file {@code null} to write nothing */
    AuditFile(@Nullable Path file, InstantSource clock) {
        this.file = file;
        this.clock = clock;
    }

    /**
     * The keys in force are others now.
     *
     * @param by where that comes from, such as a file
     */
    void keysReplaced(ApiKeys before, ApiKeys after, String by) {
        Map<String, ApiKey> were = byId(before.keys());
        Map<String, ApiKey> are = byId(after.keys());
        are.forEach((id, key) -> {
            ApiKey was = were.get(id);
            if (was == null) {
                write("key-added", key, by);
                return;
            }
            if (!was.equals(key)) {
                write("key-changed", key, by);
            }
            if (after.hasOtherSecret(id, before)) {
                write("secret-changed", key, by);
            }
        });
        were.forEach((id, key) -> {
            if (!are.containsKey(id)) {
                write("key-removed", key, by);
            }
        });
    }

    /** Keys that were not in order were refused. */
    void keysRefused(String by, String reason) {
        Map<String, Object> line = line("keys-refused", by);
        line.put("reason", reason);
        write(line);
    }

    private static Map<String, ApiKey> byId(List<ApiKey> keys) {
        return keys.stream()
                .collect(
                        Collectors.toMap(ApiKey::id, Function.identity(), (first, other) -> first, LinkedHashMap::new));
    }

    private void write(String action, ApiKey key, String by) {
        Map<String, Object> line = line(action, by);
        line.put("key", key.id());
        line.put("tenant", key.tenant());
        line.put("priority", key.priority());
        line.put("models", key.models().stream().sorted().toList());
        if (key.expires() != null) {
            line.put("expires", key.expires().toString());
        }
        line.put("limits", key.allowance().toString());
        line.put("tenant-limits", key.tenantAllowance().toString());
        write(line);
    }

    private Map<String, Object> line(String action, String by) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("at", clock.instant().toString());
        line.put("action", action);
        line.put("by", by);
        return line;
    }

    private void write(Map<String, Object> line) {
        if (file == null) {
            return;
        }
        String text = json.writeValueAsString(line);
        try {
            Files.writeString(
                    file, text + "\n", StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            log.atError()
                    .addKeyValue("file", file)
                    .addKeyValue("reason", e.toString())
                    .addKeyValue("line", text)
                    .log("audit file cannot be written");
        }
    }
}
