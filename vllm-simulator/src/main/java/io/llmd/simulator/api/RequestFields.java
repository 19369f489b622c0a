package io.llmd.simulator.api;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Typed access to the fields of a request body; null counts as absent, a wrong type is answered with 400. */
public record RequestFields(ObjectNode body) {

    @Nullable
    public JsonNode get(String name) {
        JsonNode node = body.get(name);
        return node == null || node.isNull() ? null : node;
    }

    public boolean has(String name) {
        return get(name) != null;
    }

    /** Whether Python takes the value for true: not null, false, zero or empty. */
    public boolean truthy(String name) {
        JsonNode node = get(name);
        if (node == null) {
            return false;
        }
        if (node.isNumber()) {
            return Json.number(node) != 0;
        }
        if (node.isString()) {
            return !node.stringValue().isEmpty();
        }
        return node.isBoolean() ? node.booleanValue() : !node.isEmpty();
    }

    @Nullable
    public String string(String name) {
        JsonNode node = read(name, FieldType.STRING);
        return node == null ? null : node.stringValue();
    }

    public boolean bool(String name, boolean absent) {
        JsonNode node = read(name, FieldType.BOOLEAN);
        return node == null ? absent : node.booleanValue();
    }

    /** An integer; one that does not fit counts as the largest or smallest that does. */
    @Nullable
    public Integer integer(String name) {
        Long value = longInteger(name);
        return value == null ? null : (int) Math.clamp(value, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    /** An integer; one that does not fit counts as the largest or smallest that does. */
    @Nullable
    public Long longInteger(String name) {
        JsonNode node = read(name, FieldType.INTEGER);
        if (node == null) {
            return null;
        }
        if (node.canConvertToLong()) {
            return node.longValue();
        }
        return node.bigIntegerValue().signum() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }

    @Nullable
    public Double number(String name) {
        JsonNode node = read(name, FieldType.NUMBER);
        return node == null ? null : Json.number(node);
    }

    @Nullable
    public ArrayNode array(String name) {
        JsonNode node = read(name, FieldType.ANY.list());
        return node == null ? null : (ArrayNode) node;
    }

    @Nullable
    public RequestFields object(String name) {
        JsonNode node = read(name, FieldType.DICT);
        return node == null ? null : new RequestFields((ObjectNode) node);
    }

    /** A string, or a list of strings. */
    public List<String> strings(String name) {
        JsonNode node = read(name, FieldType.anyOf(FieldType.STRING, FieldType.STRING.list()));
        if (node == null) {
            return List.of();
        }
        if (node.isString()) {
            return List.of(node.stringValue());
        }
        List<String> values = new ArrayList<>(node.size());
        node.forEach(element -> values.add(element.stringValue()));
        return values;
    }

    /** A list of token ids, empty if absent. */
    public int[] tokens(String name) {
        ArrayNode array = array(name);
        return array == null ? new int[0] : tokens(name, array);
    }

    /** A list of token ids; one that does not fit counts as the largest that does. */
    public static int[] tokens(String name, ArrayNode array) {
        JsonNode read = read("body." + name, array, FieldType.INTEGER.atLeast(0).list());
        int[] tokens = new int[read.size()];
        for (int i = 0; i < tokens.length; i++) {
            JsonNode element = read.get(i);
            tokens[i] = element.canConvertToInt() ? element.intValue() : Integer.MAX_VALUE;
        }
        return tokens;
    }

    public static ApiException invalid(String name, String expected) {
        return ApiException.badRequest(name + ": Input should be " + expected, name);
    }

    public static ApiException missing(String name) {
        return FieldError.exception(
                List.of(new FieldError("missing", "body." + name, "Field required", Json.object())));
    }

    private @Nullable JsonNode read(String name, FieldType type) {
        JsonNode node = get(name);
        return node == null ? null : read("body." + name, node, type);
    }

    private static JsonNode read(String location, JsonNode node, FieldType type) {
        List<FieldError> errors = new ArrayList<>();
        JsonNode read = type.read(location, node, errors);
        if (!errors.isEmpty()) {
            throw FieldError.exception(errors);
        }
        return read;
    }
}
