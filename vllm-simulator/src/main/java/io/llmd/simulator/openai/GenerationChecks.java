package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Checks that several endpoints make before they look at types. */
public final class GenerationChecks {
    private static final int MOST_SALT = 128;
    private static final List<String> CONSTRAINTS = List.of("json", "regex", "choice");

    private GenerationChecks() {}

    public static void cacheSalt(RequestFields fields) {
        JsonNode salt = fields.get("cache_salt");
        if (salt == null) {
            return;
        }
        if (!salt.isString() || salt.stringValue().isEmpty()) {
            throw ApiException.parameter(
                    "Parameter 'cache_salt' must be a non-empty string if provided.", "cache_salt");
        }
        String text = salt.stringValue();
        if (text.length() > MOST_SALT || text.chars().anyMatch(c -> "@/\\\0".indexOf(c) >= 0)) {
            throw ApiException.parameter(
                    "Parameter 'cache_salt' must be at most 128 characters and must not contain '@', '/', '\\\\', or NUL.",
                    "cache_salt");
        }
    }

    public static void streamOptions(RequestFields fields) {
        if (fields.truthy("stream_options") && !fields.truthy("stream")) {
            throw ApiException.parameter("Stream options can only be defined when `stream=True`.", "stream_options");
        }
    }

    public static void responseFormat(RequestFields fields) {
        if (fields.get("response_format") instanceof ObjectNode format
                && isWord(format.get("type"), "json_schema")
                && !new RequestFields(format).has("json_schema")) {
            throw ApiException.parameter(
                    "When response_format type is 'json_schema', the 'json_schema' field must be provided.",
                    "response_format");
        }
    }

    /** At most one of the constraints that exclude each other. */
    public static void oneConstraint(RequestFields fields) {
        if (constraints(fields) > 1) {
            throw ApiException.badRequest(
                    "You can only use one kind of constraints for structured outputs ('json', 'regex' or 'choice').",
                    null);
        }
    }

    public static long constraints(RequestFields fields) {
        return fields.get("structured_outputs") instanceof ObjectNode outputs
                ? CONSTRAINTS.stream().filter(new RequestFields(outputs)::has).count()
                : 0;
    }

    /** A count of alternatives: an integer that is positive or -1. */
    public static void alternatives(RequestFields fields, String name) {
        JsonNode value = fields.get(name);
        if (value == null) {
            return;
        }
        if (!value.isNumber() && !value.isBoolean()) {
            throw ApiException.parameter("`" + name + "` must be an integer.", name, plain(value));
        }
        double number = value.isBoolean() ? 0 : Json.number(value);
        if (number < 0 && number != -1) {
            throw ApiException.parameter("`" + name + "` must be a positive value or -1.", name, plain(value));
        }
    }

    public static void integer(RequestFields fields, String name) {
        JsonNode value = fields.get(name);
        if (value != null && !value.isNumber() && !value.isBoolean()) {
            throw ApiException.parameter("`" + name + "` must be an integer.", name, plain(value));
        }
    }

    public static void promptLogprobs(RequestFields fields) {
        JsonNode value = fields.get("prompt_logprobs");
        boolean wanted = value != null && value.isNumber() && (Json.number(value) > 0 || Json.number(value) == -1);
        if (wanted && fields.truthy("stream")) {
            throw ApiException.parameter("`prompt_logprobs` are not available when `stream=True`.", "prompt_logprobs");
        }
        alternatives(fields, "prompt_logprobs");
    }

    public static boolean isWord(@Nullable JsonNode node, String word) {
        return node != null && node.isString() && node.stringValue().equals(word);
    }

    private static Object plain(JsonNode value) {
        if (value.isString()) {
            return value.stringValue();
        }
        return value.isIntegralNumber() ? value.bigIntegerValue() : value.isNumber() ? value.doubleValue() : value;
    }
}
