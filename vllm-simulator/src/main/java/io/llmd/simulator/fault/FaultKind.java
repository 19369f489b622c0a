package io.llmd.simulator.fault;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The faults that one request can meet. Names of kinds and parameters are those of JSON fields and of headers; the first
 * parameter of a kind can stand for it alone.
 */
public enum FaultKind {
    REFUSE,
    STATUS("code"),
    FAILURE("types"),
    DELAY("by"),
    STALL_BEFORE_HEAD("for"),
    STALL_AFTER_TOKENS("tokens", "for"),
    DROP_AFTER_TOKENS("tokens"),
    RESET_AFTER_TOKENS("tokens"),
    ERROR_AFTER_TOKENS("tokens"),
    DRIP("bytes", "every"),
    GARBAGE("kind", "event"),
    CONTENT_LENGTH("off"),
    HANDOFF_ABSENT,
    HANDOFF_LOOPBACK_HOST,
    HANDOFF_READ_FAILURE;

    private final List<String> parameters;

    FaultKind(String... parameters) {
        this.parameters = List.of(parameters);
    }

    /** The name in JSON and in headers. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    List<String> parameters() {
        return parameters;
    }

    /** The names of all kinds. */
    static List<String> names() {
        return Arrays.stream(values()).map(FaultKind::wireName).toList();
    }

    static FaultKind of(String name) {
        for (FaultKind kind : values()) {
            if (kind.wireName().equals(name)) {
                return kind;
            }
        }
        throw new IllegalArgumentException(name + ": unknown (expected: one of " + names() + ")");
    }
}
