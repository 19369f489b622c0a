package io.llmd.autoscaler.variant;

import java.util.List;
import java.util.Set;

/**
 * One deployment of a model: what is scaled.
 *
 * @param namespace namespace of what is scaled
 * @param name its name, unique there
 * @param model model that it serves
 * @param role phases that it serves
 * @param tiers names of the tiers that it may serve, none for all
 * @param costPerHour cost of a replica in an hour, in any unit that is the same for all
 * @param isCostFree whether a cost of 0 is meant
 * @param accelerator type of accelerator; empty when it is not known, and then nothing is added
 * @param acceleratorsPerReplica accelerators of a replica
 * @param min fewest replicas; 0 lets the policy for zero decide
 * @param max most replicas
 * @param warmReserve replicas above demand
 */
public record Variant(
        String namespace,
        String name,
        String model,
        Role role,
        Set<String> tiers,
        double costPerHour,
        boolean isCostFree,
        String accelerator,
        int acceleratorsPerReplica,
        int min,
        int max,
        int warmReserve)
        implements Comparable<Variant> {

    /** Most replicas that a variant may have. */
    public static final int MOST = 10_000;

    public Variant {
        tiers = Set.copyOf(tiers);
        if (namespace.isBlank() || name.isBlank() || model.isBlank()) {
            throw new IllegalArgumentException(
                    "variant: " + namespace + "/" + name + " of " + model + " (expected: names)");
        }
        if (!(costPerHour >= 0) || Double.isInfinite(costPerHour) || (costPerHour == 0 && !isCostFree)) {
            throw new IllegalArgumentException("cost-per-hour of " + namespace + "/" + name + ": " + costPerHour
                    + " (expected: > 0, or 0 with cost-free)");
        }
        if (min < 0 || max < Math.max(1, min) || max > MOST || warmReserve < 0 || acceleratorsPerReplica < 0) {
            throw new IllegalArgumentException("bounds of " + namespace + "/" + name + ": min " + min + ", max " + max
                    + ", warm-reserve " + warmReserve + ", accelerators-per-replica " + acceleratorsPerReplica
                    + " (expected: 0 <= min <= max, max 1 to " + MOST + ", others >= 0)");
        }
    }

    /** A variant of one role and all tiers. */
    public static Variant of(String name, String model, Role role, double costPerHour, String accelerator, int max) {
        return new Variant("default", name, model, role, Set.of(), costPerHour, false, accelerator, 1, 0, max, 0);
    }

    /** This with other bounds. */
    public Variant bounded(int newMin, int newMax) {
        return new Variant(
                namespace,
                name,
                model,
                role,
                tiers,
                costPerHour,
                isCostFree,
                accelerator,
                acceleratorsPerReplica,
                newMin,
                newMax,
                Math.min(warmReserve, newMax));
    }

    /** This for certain tiers alone. */
    public Variant only(String... names) {
        return new Variant(
                namespace,
                name,
                model,
                role,
                Set.copyOf(List.of(names)),
                costPerHour,
                isCostFree,
                accelerator,
                acceleratorsPerReplica,
                min,
                max,
                warmReserve);
    }

    /** {@code namespace/name}. */
    public String id() {
        return namespace + "/" + name;
    }

    /** Whether requests of {@code tier} may go to it. */
    public boolean serves(Tier tier) {
        return tiers.isEmpty() || tiers.contains(tier.name());
    }

    /** By id, so that the order in which variants are found changes no decision. */
    @Override
    public int compareTo(Variant other) {
        return id().compareTo(other.id());
    }
}
