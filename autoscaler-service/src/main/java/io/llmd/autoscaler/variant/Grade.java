package io.llmd.autoscaler.variant;

/** How much of the inputs of a decision is known. */
public enum Grade {
    /** Nothing that could be relied upon. */
    BLIND,
    /** Some is missing: enough to add, not to take away. */
    PARTIAL,
    COMPLETE;

    /** The worse of two. */
    public Grade and(Grade other) {
        return compareTo(other) <= 0 ? this : other;
    }
}
