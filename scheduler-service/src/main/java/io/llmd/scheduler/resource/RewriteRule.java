package io.llmd.scheduler.resource;

import java.util.List;
import java.util.Objects;

/**
 * One rule of a model rewrite.
 *
 * @param rewrite name of the resource
 * @param models the models that it is about; every model when empty
 * @param targets what serves them; at least one
 */
public record RewriteRule(String rewrite, List<String> models, List<RewriteTarget> targets) {
    public RewriteRule {
        Objects.requireNonNull(rewrite, "rewrite");
        models = List.copyOf(models);
        targets = List.copyOf(targets);
        if (targets.isEmpty()) {
            throw new IllegalArgumentException("targets: none (expected: at least one)");
        }
    }

    /**
     * The target for a request: by weight, or uniformly when no target has a weight above 0.
     *
     * @param random 64 random bits that belong to the request, so that its attempts all get the same target
     */
    public String target(long random) {
        long total = 0;
        for (int i = 0; i < targets.size(); i++) {
            total += Math.max(0, targets.get(i).weight());
        }
        if (total == 0) {
            return targets.get((int) below(random, targets.size())).model();
        }
        long left = below(random, total);
        int i = 0;
        while (left >= Math.max(0, targets.get(i).weight())) {
            left -= Math.max(0, targets.get(i).weight());
            i++;
        }
        return targets.get(i).model();
    }

    /** Maps 64 random bits to [0, bound) evenly. */
    private static long below(long random, long bound) {
        return Math.unsignedMultiplyHigh(random, bound);
    }
}
