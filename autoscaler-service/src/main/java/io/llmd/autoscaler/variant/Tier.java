package io.llmd.autoscaler.variant;

/**
 * A quality of service. Times in seconds, infinite where there is no target.
 *
 * @param name name
 * @param tierClass how much it matters
 * @param firstTokenTarget time to first token
 * @param firstTokenQuantile share of requests that have to keep it, in (0, 1)
 * @param interTokenTarget mean time between tokens
 */
public record Tier(
        String name, TierClass tierClass, double firstTokenTarget, double firstTokenQuantile, double interTokenTarget) {

    public Tier {
        if (name.isBlank()) {
            throw new IllegalArgumentException("name: empty (expected: a name)");
        }
        if (!(firstTokenTarget > 0) || !(interTokenTarget > 0)) {
            throw new IllegalArgumentException(
                    "targets of " + name + ": " + firstTokenTarget + " and " + interTokenTarget + " (expected: > 0)");
        }
        if (!(firstTokenQuantile > 0 && firstTokenQuantile < 1)) {
            throw new IllegalArgumentException(
                    "firstTokenQuantile of " + name + ": " + firstTokenQuantile + " (expected: in (0, 1))");
        }
    }

    /** A tier with a target between tokens only. */
    public static Tier ofInterToken(String name, TierClass tierClass, double seconds) {
        return new Tier(name, tierClass, Double.POSITIVE_INFINITY, 0.95, seconds);
    }

    /** A tier without targets. */
    public static Tier batch(String name) {
        return ofInterToken(name, TierClass.BATCH, Double.POSITIVE_INFINITY);
    }

    /** Whether replicas that keep the targets of this tier also keep those of {@code other}. */
    public boolean isAtLeastAsStrictAs(Tier other) {
        return interTokenTarget <= other.interTokenTarget;
    }
}
