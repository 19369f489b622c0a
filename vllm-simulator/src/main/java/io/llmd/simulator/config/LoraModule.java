package io.llmd.simulator.config;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A LoRA adapter that is there from the start.
 *
 * @param name that requests ask for
 * @param path where it was loaded from
 * @param baseModel the model it belongs to; absent for the one that is served
 */
public record LoraModule(String name, String path, @Nullable String baseModel) {
    private static final Set<String> FIELDS = Set.of("name", "path", "base_model_name");

    public LoraModule {
        if (name.isBlank() || path.isBlank()) {
            throw new IllegalArgumentException("adapter " + name + "=" + path + " (expected: name and path)");
        }
    }

    /** Reads {@code name=path}, or a JSON object with {@code name}, {@code path} and {@code base_model_name}. */
    static LoraModule parse(String text) {
        if (!text.startsWith("{")) {
            int equals = text.indexOf('=');
            if (equals < 0) {
                throw new IllegalArgumentException("adapter: " + text + " (expected: name=path, or a JSON object)");
            }
            return new LoraModule(text.substring(0, equals), text.substring(equals + 1), null);
        }
        Map<String, Object> fields = FlowText.map(text);
        for (String field : fields.keySet()) {
            if (!FIELDS.contains(field)) {
                throw new IllegalArgumentException("adapter field: " + field + " (expected: one of " + FIELDS + ")");
            }
        }
        return new LoraModule(
                FlowText.string(fields, "name"),
                FlowText.string(fields, "path"),
                fields.get("base_model_name") == null ? null : FlowText.string(fields, "base_model_name"));
    }
}
