package io.llmd.scheduler.resource;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * The objectives and model rewrites in force. Immutable; a request uses one set from start to end.
 *
 * @param priorities priority of each objective by name; 0 for one that says none
 * @param desiredPriorities the priorities that objectives name, ascending: each is to have a band in flow control
 * @param rewrites which model serves which
 */
public record Resources(Map<String, Integer> priorities, Set<Integer> desiredPriorities, ModelRewrites rewrites) {

    /** Nothing is declared. */
    public static final Resources NONE = new Resources(Map.of(), Set.of(), new ModelRewrites(List.of()));

    public Resources {
        priorities = Map.copyOf(priorities);
        desiredPriorities = java.util.Collections.unmodifiableSet(new TreeSet<>(desiredPriorities));
        Objects.requireNonNull(rewrites, "rewrites");
    }

    /** Objectives alone. */
    public static Resources of(Map<String, Integer> priorities) {
        return new Resources(priorities, Set.copyOf(priorities.values()), NONE.rewrites());
    }

    /** These resources and further objectives; where both name one, these win. */
    Resources with(Map<String, Integer> further) {
        Map<String, Integer> all = new HashMap<>(further);
        all.putAll(priorities);
        Set<Integer> desired = new TreeSet<>(desiredPriorities);
        further.forEach((name, priority) -> {
            if (!priorities.containsKey(name)) {
                desired.add(priority);
            }
        });
        return new Resources(all, desired, rewrites);
    }
}
