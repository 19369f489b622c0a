package io.llmd.simulator.api;

import io.llmd.simulator.config.ErrorFormat;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/** Reading and writing of JSON; compact, in the order of insertion, characters beyond ASCII as they are. */
public final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
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

    public static ArrayNode array() {
        return JsonNodeFactory.instance.arrayNode();
    }

    public static byte[] bytes(JsonNode node) {
        return MAPPER.writeValueAsBytes(node);
    }

    public static String string(JsonNode node) {
        return MAPPER.writeValueAsString(node);
    }

    /** A value on one line with spaces after commas and colons, as models write it. */
    public static String spaced(JsonNode node) {
        return switch (node) {
            case ObjectNode object -> {
                StringJoiner fields = new StringJoiner(", ", "{", "}");
                object.properties()
                        .forEach(field -> fields.add(quoted(field.getKey()) + ": " + spaced(field.getValue())));
                yield fields.toString();
            }
            case ArrayNode array -> {
                StringJoiner elements = new StringJoiner(", ", "[", "]");
                array.forEach(element -> elements.add(spaced(element)));
                yield elements.toString();
            }
            default -> string(node);
        };
    }

    /** A string as a JSON literal, quotes included. */
    public static String quoted(String text) {
        return isPlain(text) ? '"' + text + '"' : MAPPER.writeValueAsString(text);
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                return false;
            }
        }
        return true;
    }

    /** A number; infinite if it is beyond the range of a double. */
    public static double number(JsonNode node) {
        return node.isIntegralNumber() ? node.bigIntegerValue().doubleValue() : node.doubleValue();
    }

    /** A value as maps, lists, strings, numbers, booleans and null. */
    public static Object plain(JsonNode node) {
        return MAPPER.treeToValue(node, Object.class);
    }

    /** The value that a text has as JSON; the text itself if it is none. */
    public static JsonNode valueOf(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JacksonException e) {
            return JsonNodeFactory.instance.stringNode(text);
        }
    }

    /** Maps, lists, strings, numbers, booleans and null as JSON. */
    public static JsonNode tree(Object value) {
        return MAPPER.valueToTree(value);
    }

    /** Reads a text that was written here or came with a body. */
    public static JsonNode read(String text) {
        return MAPPER.readTree(text);
    }

    /** The value in a request body, missing if the body is empty. */
    public static JsonNode parse(byte[] body) {
        if (body.length == 0) {
            return MissingNode.getInstance();
        }
        try {
            return MAPPER.readTree(body);
        } catch (JacksonException e) {
            throw mistake(body);
        }
    }

    /** What is wrong with a body, as Python prints it; absent if it is JSON. */
    public static @Nullable String mistakeIn(byte[] body) {
        String text = new String(body, StandardCharsets.UTF_8);
        JsonMistake mistake = JsonMistake.in(text);
        return mistake == null ? null : mistake.described(text);
    }

    private static ApiException mistake(byte[] body) {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) {
            return new ApiException(400, "Bad Request", "There was an error parsing the body", null);
        }
        JsonMistake mistake = JsonMistake.in(text);
        JsonMistake told = mistake == null ? new JsonMistake(0, "Expecting value") : mistake;
        return FieldError.exception(List.of(new FieldError(
                "json_invalid",
                "body." + told.position(),
                "JSON decode error",
                object(),
                Map.of("error", told.message()))));
    }

    /** An error as the messages API tells it. */
    public static ObjectNode messagesError(ApiException error) {
        ObjectNode body = object().put("type", "error");
        body.putObject("error").put("type", error.type()).put("message", error.text());
        return body;
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
