package io.llmd.launcher.fault;

import io.llmd.launcher.terminal.Json;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A fault as it is typed, as the simulator's {@code POST /admin/config} takes it. */
final class FaultChange {

    /** Short names, and what they stand for. */
    private static final Map<String, String> SHORT = Map.of(
            "stall", "stall_after_tokens",
            "drop", "drop_after_tokens",
            "reset", "reset_after_tokens",
            "error", "error_after_tokens",
            "slow", "slow_factor");

    private static final Set<String> AFTER_TOKENS =
            Set.of("stall_after_tokens", "drop_after_tokens", "reset_after_tokens", "error_after_tokens");

    /** What a single value of a fault of requests means. */
    private static final Map<String, String> FIRST_PARAMETERS = Map.of(
            "stall_after_tokens", "tokens",
            "drop_after_tokens", "tokens",
            "reset_after_tokens", "tokens",
            "error_after_tokens", "tokens",
            "status", "code",
            "failure", "types",
            "delay", "by",
            "stall_before_head", "for",
            "drip", "bytes",
            "garbage", "kind");

    private FaultChange() {}

    /**
     * Reads a fault.
     *
     * @param kind name of the simulator's, or a short one
     * @param values one value, or some as {@code name=value}; none for on
     * @param after tokens after which it happens, null for at once
     * @param share of the requests that meet it, null for all
     * @throws IllegalArgumentException when the values are neither, or do not go together
     */
    static ObjectNode of(String kind, List<String> values, @Nullable Integer after, @Nullable Double share) {
        String name = SHORT.getOrDefault(kind, kind).replace('-', '_');
        ObjectNode parameters = Json.MAPPER.createObjectNode();
        String first = FIRST_PARAMETERS.get(name);
        if (AFTER_TOKENS.contains(name)) {
            parameters.put(first, after == null ? 0 : after);
        } else if (after != null) {
            throw new IllegalArgumentException("--after: " + kind + " does not count tokens");
        }
        ObjectNode change = Json.MAPPER.createObjectNode();
        for (String value : values) {
            int sign = value.indexOf('=');
            if (sign > 0) {
                parameters.set(value.substring(0, sign), scalar(value.substring(sign + 1)));
            } else if (values.size() > 1) {
                throw new IllegalArgumentException(value + " (expected: one value, or all as NAME=VALUE)");
            } else if (first != null) {
                parameters.set(first, scalar(value));
            } else if (share != null) {
                throw new IllegalArgumentException("--share: " + kind + " concerns the endpoint, not its requests");
            } else {
                return change.set(name, scalar(value));
            }
        }
        if (share != null) {
            parameters.put("probability", share);
        }
        return parameters.isEmpty() ? change.put(name, true) : change.set(name, parameters);
    }

    private static JsonNode scalar(String text) {
        try {
            return Json.MAPPER.readTree(text);
        } catch (JacksonException e) {
            return Json.MAPPER.getNodeFactory().stringNode(text);
        }
    }

    /** Whether a field of the simulator's state is a fault in force. */
    static boolean isInForce(String name, JsonNode value) {
        return switch (name) {
            case "script" -> false;
            case "slow_factor" -> value.asDouble(1) != 1;
            case "withheld_share" -> value.asDouble(0) != 0;
            default -> !value.isNull() && !(value.isBoolean() && !value.booleanValue());
        };
    }
}
