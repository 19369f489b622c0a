package io.llmd.simulator.api;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A value of a body that has not the type it should have, as vLLM tells it.
 *
 * @param location path of the value, with dots between
 * @param input the value, absent if it is that of another language than JSON
 * @param context what the message refers to, may be empty
 */
record FieldError(String type, String location, String message, JsonNode input, Map<String, Object> context) {
    private static final int MOST_TOLD = 10;
    private static final int MOST_INPUT = 200;
    private static final int MOST_TEXT = 1000;

    FieldError(String type, String location, String message, JsonNode input) {
        this(type, location, message, input, Map.of());
    }

    /** The answer to a body with errors, at least one. */
    static ApiException exception(List<FieldError> errors) {
        String word = errors.size() == 1 ? "error" : "errors";
        StringBuilder message = new StringBuilder()
                .append(errors.size())
                .append(" validation ")
                .append(word)
                .append(':');
        errors.stream().limit(MOST_TOLD).forEach(error -> message.append("\n  ").append(error.text()));
        if (errors.size() > MOST_TOLD) {
            message.append("\n  ...and ")
                    .append(errors.size() - MOST_TOLD)
                    .append(" more ")
                    .append(word);
        }
        return ApiException.invalidBody(message.toString(), errors.getFirst().location());
    }

    private String text() {
        Map<String, Object> parts = new LinkedHashMap<>();
        parts.put("type", type);
        parts.put("loc", location);
        parts.put("msg", message);
        parts.put("input", summary(input));
        if (!context.isEmpty()) {
            parts.put("ctx", context);
        }
        return cut(PythonText.repr(parts), MOST_TEXT);
    }

    private static String summary(JsonNode node) {
        return switch (node) {
            case ArrayNode array -> "<list of " + array.size() + " items>";
            case ObjectNode object -> "<dict of " + object.size() + " items>";
            default -> cut(PythonText.str(value(node)), MOST_INPUT);
        };
    }

    private static @Nullable Object value(JsonNode node) {
        if (node.isNull() || node.isMissingNode()) {
            return null;
        }
        if (node.isString()) {
            return node.stringValue();
        }
        if (node.isBoolean()) {
            return node.booleanValue();
        }
        return node.isIntegralNumber() ? node.bigIntegerValue() : node.doubleValue();
    }

    private static String cut(String text, int most) {
        return text.length() > most ? text.substring(0, most) + "...[truncated]" : text;
    }
}
