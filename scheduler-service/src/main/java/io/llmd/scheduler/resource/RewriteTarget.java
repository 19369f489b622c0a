package io.llmd.scheduler.resource;

/**
 * A model that may serve instead.
 *
 * @param model name that endpoints know
 * @param weight share among the targets of the rule, {@link #UNWEIGHTED} when none is given
 */
public record RewriteTarget(String model, int weight) {

    /** No weight is given. */
    public static final int UNWEIGHTED = -1;

    public RewriteTarget {
        if (model.isEmpty()) {
            throw new IllegalArgumentException("model: empty (expected: a name)");
        }
        if (weight < UNWEIGHTED) {
            throw new IllegalArgumentException("weight: " + weight + " (expected: >= 0)");
        }
    }
}
