package io.llmd.simulator.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Errors that a model server or its provider is known to give, with the names of llm-d-inference-sim. */
public enum FailureType {
    RATE_LIMIT,
    INVALID_API_KEY,
    CONTEXT_LENGTH,
    SERVER_ERROR,
    INVALID_REQUEST,
    MODEL_NOT_FOUND;

    /** The name in options and JSON. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The type of that name. */
    public static FailureType of(String name) {
        for (FailureType type : values()) {
            if (type.wireName().equals(name)) {
                return type;
            }
        }
        throw new IllegalArgumentException("failure type: " + name + " (expected: one of "
                + Arrays.stream(values()).map(FailureType::wireName).collect(Collectors.joining(", ")) + ")");
    }
}
