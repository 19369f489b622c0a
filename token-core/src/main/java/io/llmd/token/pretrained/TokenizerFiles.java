package io.llmd.token.pretrained;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The files of a model's tokenizer, as repositories of models have them.
 *
 * @param tokenizer {@code tokenizer.json}
 * @param config {@code tokenizer_config.json} beside it; need not exist
 * @param template {@code chat_template.jinja} beside it; need not exist
 */
public record TokenizerFiles(Path tokenizer, Path config, Path template) {
    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(Integer.MAX_VALUE)
                            .build())
                    .build())
            .build();

    /**
     * The files in a folder, or those beside a {@code tokenizer.json}.
     *
     * @throws IllegalArgumentException if there is no {@code tokenizer.json}
     */
    public static TokenizerFiles at(Path place) {
        Path tokenizer = Files.isDirectory(place) ? place.resolve("tokenizer.json") : place;
        if (!Files.isRegularFile(tokenizer)) {
            throw new IllegalArgumentException(
                    "tokenizer: " + place + " (expected: a tokenizer.json, or a folder that has one)");
        }
        return new TokenizerFiles(
                tokenizer,
                tokenizer.resolveSibling("tokenizer_config.json"),
                tokenizer.resolveSibling("chat_template.jinja"));
    }

    /** Content of {@code tokenizer.json}. */
    public ObjectNode readTokenizer() {
        return read(tokenizer);
    }

    /** Content of {@code tokenizer_config.json}; empty if there is none. */
    public ObjectNode readConfig() {
        return Files.isRegularFile(config) ? read(config) : JsonNodeFactory.instance.objectNode();
    }

    /** The chat template, of its own file or of the configuration; null if the model has none. */
    public @Nullable String readTemplate() {
        if (Files.isRegularFile(template)) {
            try {
                return Files.readString(template);
            } catch (IOException e) {
                throw unreadable(template, e);
            }
        }
        JsonNode node = readConfig().path("chat_template");
        if (node.isArray()) {
            for (JsonNode named : node) {
                if (named.path("name").asString("").equals("default")) {
                    node = named.path("template");
                    break;
                }
            }
        }
        return node.isString() ? node.stringValue() : null;
    }

    /** JSON as maps, lists, strings, numbers, booleans and null. */
    public static Object plain(JsonNode node) {
        return MAPPER.treeToValue(node, Object.class);
    }

    private static ObjectNode read(Path file) {
        try {
            if (MAPPER.readTree(file.toFile()) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw unreadable(file, e);
        }
        throw new IllegalArgumentException("tokenizer: " + file + " (expected: a JSON object)");
    }

    private static IllegalArgumentException unreadable(Path file, Exception cause) {
        return new IllegalArgumentException("tokenizer: " + file + " cannot be read: " + cause.getMessage(), cause);
    }
}
