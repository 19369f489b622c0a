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

    @Nullable
    public String string(String name) {
        JsonNode node = get(name);
        if (node == null) {
            return null;
        }
        if (!node.isString()) {
            throw invalid(name, "a valid string");
        }
        return node.stringValue();
    }

    public boolean bool(String name, boolean absent) {
        JsonNode node = get(name);
        if (node == null) {
            return absent;
        }
        if (!node.isBoolean()) {
            throw invalid(name, "a valid boolean");
        }
        return node.booleanValue();
    }

    @Nullable
    public Integer integer(String name) {
        JsonNode node = get(name);
        if (node == null) {
            return null;
        }
        if (!node.isIntegralNumber() || !node.canConvertToInt()) {
            throw invalid(name, "a valid integer");
        }
        return node.intValue();
    }

    @Nullable
    public Long longInteger(String name) {
        JsonNode node = get(name);
        if (node == null) {
            return null;
        }
        if (!node.isIntegralNumber() || !node.canConvertToLong()) {
            throw invalid(name, "a valid integer");
        }
        return node.longValue();
    }

    @Nullable
    public ArrayNode array(String name) {
        JsonNode node = get(name);
        if (node == null) {
            return null;
        }
        if (node instanceof ArrayNode array) {
            return array;
        }
        throw invalid(name, "a valid list");
    }

    @Nullable
    public RequestFields object(String name) {
        JsonNode node = get(name);
        if (node == null) {
            return null;
        }
        if (node instanceof ObjectNode object) {
            return new RequestFields(object);
        }
        throw invalid(name, "a valid dictionary");
    }

    /** A string, or a list of strings. */
    public List<String> strings(String name) {
        JsonNode node = get(name);
        if (node == null) {
            return List.of();
        }
        if (node.isString()) {
            return List.of(node.stringValue());
        }
        if (!(node instanceof ArrayNode array)) {
            throw invalid(name, "a string or a list of strings");
        }
        List<String> values = new ArrayList<>(array.size());
        for (JsonNode element : array) {
            if (!element.isString()) {
                throw invalid(name, "a string or a list of strings");
            }
            values.add(element.stringValue());
        }
        return values;
    }

    /** A list of token ids. */
    public int[] tokens(String name) {
        ArrayNode array = array(name);
        return array == null ? new int[0] : tokens(name, array);
    }

    public static int[] tokens(String name, ArrayNode array) {
        int[] tokens = new int[array.size()];
        for (int i = 0; i < tokens.length; i++) {
            JsonNode element = array.get(i);
            if (!element.isIntegralNumber() || !element.canConvertToInt() || element.intValue() < 0) {
                throw invalid(name, "a list of token ids");
            }
            tokens[i] = element.intValue();
        }
        return tokens;
    }

    public static ApiException invalid(String name, String expected) {
        return ApiException.badRequest(name + ": Input should be " + expected, name);
    }

    public static ApiException missing(String name) {
        return ApiException.badRequest(name + ": Field required", name);
    }
}
