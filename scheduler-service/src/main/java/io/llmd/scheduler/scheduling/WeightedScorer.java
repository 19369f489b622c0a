package io.llmd.scheduler.scheduling;

import java.util.Objects;

/**
 * A scorer of a profile.
 *
 * @param name unique instance name
 * @param scorer the instance
 * @param weight factor of its scores, finite and at least 0; 0 runs the scorer without effect
 */
public record WeightedScorer(String name, Scorer scorer, double weight) {
    public WeightedScorer {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(scorer, "scorer");
        if (!(weight >= 0) || Double.isInfinite(weight)) {
            throw new IllegalArgumentException("weight: " + weight + " (expected: finite, >= 0)");
        }
    }
}
