package io.llmd.simulator.fault;

import org.jspecify.annotations.Nullable;

/**
 * Which requests meet a fault.
 *
 * @param probability share of the requests, in (0, 1]
 * @param phase only requests of this phase; absent for any
 * @param remaining requests it still happens to; {@link #ALL} for all
 */
public record Trigger(double probability, @Nullable RequestPhase phase, int remaining) {
    /** The value of a count without an end. */
    public static final int ALL = -1;

    /** Every request. */
    public static final Trigger ALWAYS = new Trigger(1, null, ALL);

    public Trigger {
        if (!(probability > 0) || probability > 1) {
            throw new IllegalArgumentException("probability: " + probability + " (expected: > 0 to 1)");
        }
        if (remaining < ALL || remaining == 0) {
            throw new IllegalArgumentException("count: " + remaining + " (expected: >= 1, or absent for all)");
        }
    }

    /** The next so many requests. */
    public static Trigger times(int count) {
        return new Trigger(1, null, count);
    }

    /** A share of the requests. */
    public static Trigger withProbability(double probability) {
        return new Trigger(probability, null, ALL);
    }

    /** The trigger after one request met the fault; absent if that was the last one. */
    @Nullable
    Trigger used() {
        if (remaining == ALL) {
            return this;
        }
        return remaining == 1 ? null : new Trigger(probability, phase, remaining - 1);
    }
}
