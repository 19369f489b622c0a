package io.llmd.autoscaler.planner;

import java.util.Map;
import java.util.Set;
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

    /** This, of a controller that begins now: what was decided before is known, and it watches from now on. */
    public Memory begunAnew(double nowSeconds) {
        return new Memory(nowSeconds, variants);
    }

    /** This, where a number was published that this controller has not decided. */
    public Memory published(String variant, int number, int specified, double nowSeconds) {
        VariantMemory known = of(variant);
        return with(Map.of(
                variant,
                new VariantMemory(
                                number,
                                specified,
                                known.needed(),
                                known.changes(),
                                known.backlog(),
                                known.activatedAt(),
                                known.starts())
                        .with(nowSeconds, number)));
    }

    /** What is known of some variants alone. */
    public Memory only(Set<String> names) {
        Map<String, VariantMemory> some = new TreeMap<>(variants);
        some.keySet().retainAll(names);
        return new Memory(sinceSeconds, some);
    }

    Memory with(Map<String, VariantMemory> changed) {
        Map<String, VariantMemory> all = new TreeMap<>(variants);
        all.putAll(changed);
        return new Memory(sinceSeconds, all);
    }
}
