package io.llmd.autoscaler.variant;

/**
 * Replicas of a variant by state.
 *
 * @param ready those that serve
 * @param starting those that will
 * @param stuck those that cannot be placed, or fail again and again, for longer than starts take
 * @param draining those that end
 */
public record Replicas(int ready, int starting, int stuck, int draining) {

    /** None at all. */
    public static final Replicas NONE = new Replicas(0, 0, 0, 0);

    public Replicas {
        if (ready < 0 || starting < 0 || stuck < 0 || draining < 0) {
            throw new IllegalArgumentException(
                    "replicas: " + ready + ", " + starting + ", " + stuck + ", " + draining + " (expected: >= 0)");
        }
    }

    /** Replicas that all serve. */
    public static Replicas ready(int count) {
        return new Replicas(count, 0, 0, 0);
    }

    /** What is asked for at present: all but those that end. */
    public int specified() {
        return ready + starting + stuck;
    }

    /** Those that serve or will. */
    public int usable() {
        return ready + starting;
    }
}
