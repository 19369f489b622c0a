package io.llmd.autoscaler.planner;

import java.util.Map;
import java.util.TreeMap;

/**
 * What earlier cycles leave to later ones. Immutable.
 *
 * @param sinceSeconds when this controller began to decide, on the clock of its loop
 * @param variants by id
 */
public record Memory(double sinceSeconds, Map<String, VariantMemory> variants) {

    public Memory {
        variants = Map.copyOf(variants);
    }

    /** A controller that begins. */
    public static Memory begin(double nowSeconds) {
        return new Memory(nowSeconds, Map.of());
    }

    /** What is known of a variant. */
    public VariantMemory of(String variant) {
        return variants.getOrDefault(variant, VariantMemory.EMPTY);
    }

    Memory with(Map<String, VariantMemory> changed) {
        Map<String, VariantMemory> all = new TreeMap<>(variants);
        all.putAll(changed);
        return new Memory(sinceSeconds, all);
    }
}
