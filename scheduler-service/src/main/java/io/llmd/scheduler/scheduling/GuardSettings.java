package io.llmd.scheduler.scheduling;

import java.time.Duration;

/**
 * When a plugin is left alone for a while.
 *
 * @param failures failures in a row after which it is not called any more; a call that took too long, and a score that is no
 *     number, are failures too
 * @param coolDown how long it is not called; then one call tries whether it works again
 * @param budget a call that takes longer has taken too long
 * @param hangAfter a call that has not returned for so long hangs: the plugin is not called until it has returned
 */
public record GuardSettings(int failures, Duration coolDown, Duration budget, Duration hangAfter) {

    /** What holds when nothing is configured. */
    public static final GuardSettings DEFAULT =
            new GuardSettings(10, Duration.ofSeconds(30), Duration.ofMillis(50), Duration.ofSeconds(1));

    public GuardSettings {
        if (failures < 1) {
            throw new IllegalArgumentException("failures: " + failures + " (expected: >= 1)");
        }
        requirePositive("coolDown", coolDown);
        requirePositive("budget", budget);
        requirePositive("hangAfter", hangAfter);
    }

    private static void requirePositive(String name, Duration value) {
        if (!value.isPositive()) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
        }
    }
}
