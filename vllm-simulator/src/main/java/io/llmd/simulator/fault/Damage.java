package io.llmd.simulator.fault;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** How the bytes of an answer can be wrong. */
public enum Damage {
    /** One event, or the body, ends in the middle of its JSON. */
    BROKEN_JSON,
    /** One event, or the body, has the first bytes of a UTF-8 character without the rest in its first string. */
    HALF_CHARACTER,
    /** All further events go out in pieces that end anywhere; together they are right. */
    ODD_SPLIT;

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Damage of(String name) {
        for (Damage damage : values()) {
            if (damage.wireName().equals(name)) {
                return damage;
            }
        }
        throw new IllegalArgumentException("garbage kind: " + name + " (expected: one of "
                + Arrays.stream(values()).map(Damage::wireName).collect(Collectors.joining(", ")) + ")");
    }
}
