package io.llmd.autoscaler.collector;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What there is to scale at one moment.
 *
 * @param replicas replicas that are there, without those that end
 * @param specified replicas that are asked for, by variant; of a variant without one, those that are there
 * @param disrupted variants that are being rolled out
 * @param conflicts names of other controllers that claim a variant, by variant
 * @param paused variants that are to stay as they are
 * @param unknown variants of which nothing of this is known at present
 */
public record Roster(
        List<Replica> replicas,
        Map<String, Integer> specified,
        Set<String> disrupted,
        Map<String, String> conflicts,
        Set<String> paused,
        Set<String> unknown) {

    public Roster {
        replicas = List.copyOf(replicas);
        specified = Map.copyOf(specified);
        disrupted = Set.copyOf(disrupted);
        conflicts = Map.copyOf(conflicts);
        paused = Set.copyOf(paused);
        unknown = Set.copyOf(unknown);
    }

    /** What is known of all variants. */
    public Roster(
            List<Replica> replicas,
            Map<String, Integer> specified,
            Set<String> disrupted,
            Map<String, String> conflicts,
            Set<String> paused) {
        this(replicas, specified, disrupted, conflicts, paused, Set.of());
    }

    /** Replicas of which nothing else is known. */
    public static Roster of(List<Replica> replicas) {
        return new Roster(replicas, Map.of(), Set.of(), Map.of(), Set.of());
    }
}
