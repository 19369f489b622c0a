package io.llmd.kv.index;

import io.llmd.kv.event.StorageTier;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The slow, obvious index: per lane and tier the set of keys. */
final class ModelIndex {

    private final Map<String, Map<StorageTier, Set<Long>>> lanes = new LinkedHashMap<>();

    void store(String lane, StorageTier tier, long... keys) {
        for (long key : keys) {
            held(lane, tier).add(key);
        }
    }

    void remove(String lane, StorageTier tier, long... keys) {
        for (long key : keys) {
            held(lane, tier).remove(key);
        }
    }

    void clear(String lane, int tierMask) {
        for (StorageTier tier : StorageTier.values()) {
            if ((tierMask & tier.bit()) != 0) {
                held(lane, tier).clear();
            }
        }
    }

    void drop(String lane) {
        lanes.remove(lane);
    }

    private Set<Long> held(String lane, StorageTier tier) {
        return lanes.computeIfAbsent(lane, any -> new TreeMap<>()).computeIfAbsent(tier, any -> new HashSet<>());
    }

    /** Answers as text, such as {@code a 3 = GPU 2 CPU 1}, sorted. */
    Set<String> match(long[] keys, int count) {
        Set<String> answers = new java.util.TreeSet<>();
        for (String lane : lanes.keySet()) {
            int[] byTier = new int[StorageTier.COUNT];
            int matched = 0;
            while (matched < count && countIn(lane, keys[matched], byTier)) {
                matched++;
            }
            if (matched > 0) {
                answers.add(lane + " " + matched + " " + java.util.Arrays.toString(byTier));
            }
        }
        return answers;
    }

    private boolean countIn(String lane, long key, int[] byTier) {
        for (StorageTier tier : StorageTier.values()) {
            if (held(lane, tier).contains(key)) {
                byTier[tier.ordinal()]++;
                return true;
            }
        }
        return false;
    }

    long memberships() {
        return lanes.values().stream()
                .flatMap(tiers -> tiers.values().stream())
                .mapToLong(Set::size)
                .sum();
    }

    static Set<String> answers(PrefixLookup lookup) {
        Set<String> answers = new java.util.TreeSet<>();
        for (int i = lookup.first(); i >= 0; i = lookup.next(i)) {
            int[] byTier = new int[StorageTier.COUNT];
            for (StorageTier tier : StorageTier.values()) {
                byTier[tier.ordinal()] = lookup.blocks(i, tier);
            }
            answers.add(lookup.lane(i).endpoint() + " " + lookup.blocks(i) + " " + java.util.Arrays.toString(byTier));
        }
        return answers;
    }
}
