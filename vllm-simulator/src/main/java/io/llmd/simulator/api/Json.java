package io.llmd.simulator.api;

import io.llmd.simulator.config.ErrorFormat;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Reading and writing of JSON; compact, in the order of insertion, characters beyond ASCII as they are. */
public final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(Integer.MAX_VALUE)
                            .maxNestingDepth(256)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    public static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    public static byte[] bytes(JsonNode node) {
        return MAPPER.writeValueAsBytes(node);
    }

    public static String string(JsonNode node) {
        return MAPPER.writeValueAsString(node);
    }

    /** A string as a JSON literal, quotes included. */
    public static String quoted(String text) {
        return MAPPER.writeValueAsString(text);
    }

    /** A value as maps, lists, strings, numbers, booleans and null. */
    public static Object plain(JsonNode node) {
        return MAPPER.treeToValue(node, Object.class);
    }

    /** The object in a request body. */
    public static ObjectNode parse(byte[] body) {
        try {
            if (MAPPER.readTree(body) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw ApiException.badRequest("JSON decode error: " + e.getOriginalMessage(), null);
        }
        throw ApiException.badRequest("Input should be a valid dictionary", null);
    }

    public static ObjectNode error(ErrorFormat format, ApiException error) {
        ObjectNode body = object();
        if (format == ErrorFormat.FLAT) {
            body.put("object", "error");
        }
        body.put("message", error.text());
        body.put("type", error.type());
        body.put("param", error.param());
        body.put("code", error.status());
        if (format == ErrorFormat.FLAT) {
            return body;
        }
        ObjectNode nested = object();
        nested.set("error", body);
        return nested;
    }
}
