package io.llmd.autoscaler.variant;

/**
 * Replicas of one variant that are operated at the step time of one tier: the unit of planning. A variant is one lane at a time,
 * for requests that share a replica share its steps; two targets for two tiers are two variants.
 *
 * @param variant what is scaled
 * @param tier the strictest tier that its replicas serve
 */
public record Lane(Variant variant, Tier tier) {

    /** Whether requests of {@code other} keep their targets here. */
    public boolean serves(Tier other) {
        return variant.serves(other) && tier.isAtLeastAsStrictAs(other);
    }

    /** {@code namespace/name@tier}. */
    public String id() {
        return variant.id() + "@" + tier.name();
    }
}
