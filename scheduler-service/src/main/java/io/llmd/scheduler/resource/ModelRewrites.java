package io.llmd.scheduler.resource;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which model serves which. A rule that names the model goes before one for every model; among those the first in order of
 * precedence counts, and only one rule is applied. Immutable; a look-up is one read of a hash table.
 */
public final class ModelRewrites {

    private final Map<String, RewriteRule> byModel = new HashMap<>();
    private final @Nullable RewriteRule forAll;

    /**
     * Rewrites.
     *
     * @param rules in order of precedence
     */
    public ModelRewrites(List<RewriteRule> rules) {
        RewriteRule generic = null;
        for (RewriteRule rule : rules) {
            rule.models().forEach(model -> byModel.putIfAbsent(model, rule));
            if (rule.models().isEmpty() && generic == null) {
                generic = rule;
            }
        }
        forAll = generic;
    }

    /** The rule for a model, null when none is about it. */
    public @Nullable RewriteRule rule(String model) {
        RewriteRule exact = byModel.isEmpty() ? null : byModel.get(model);
        return exact == null ? forAll : exact;
    }
}
