package io.llmd.lab.autoscale;

import io.llmd.autoscaler.variant.EngineLimits;
import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.StepTime;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.simulator.engine.EngineSettings;
import java.util.Set;

/**
 * A variant: what its replicas are, and how many there may be.
 *
 * @param name unique in its fleet
 * @param engine engine of a replica
 * @param step true step time of that engine; only contestants that are said to have perfect profiles may look at it
 * @param costPerHour of a replica
 * @param accelerator type
 * @param accelerators of a replica
 * @param coldStartSeconds mean time from being asked for to being ready
 * @param coldStartVariation coefficient of variation of that time, lognormal; 0 for a constant
 * @param min fewest replicas
 * @param max most replicas
 * @param initial replicas that are ready at the beginning
 * @param role phases that it serves
 * @param tiers names of the tiers that it serves; none for all
 */
public record PodKind(
        String name,
        EngineSettings engine,
        StepTime step,
        double costPerHour,
        String accelerator,
        int accelerators,
        double coldStartSeconds,
        double coldStartVariation,
        int min,
        int max,
        int initial,
        Role role,
        Set<String> tiers) {

    /** A variant that serves all requests from prompt to last token. */
    public PodKind(
            String name,
            EngineSettings engine,
            StepTime step,
            double costPerHour,
            String accelerator,
            int accelerators,
            double coldStartSeconds,
            double coldStartVariation,
            int min,
            int max,
            int initial) {
        this(
                name,
                engine,
                step,
                costPerHour,
                accelerator,
                accelerators,
                coldStartSeconds,
                coldStartVariation,
                min,
                max,
                initial,
                Role.UNIFIED,
                Set.of());
    }

    public PodKind {
        tiers = Set.copyOf(tiers);
        if (min < 0 || max < Math.max(1, min) || initial < 0 || initial > max) {
            throw new IllegalArgumentException("replicas of " + name + ": min " + min + ", max " + max + ", initial "
                    + initial + " (expected: 0 <= min <= max, 0 <= initial <= max, max >= 1)");
        }
        if (!(coldStartSeconds > 0) || !(coldStartVariation >= 0)) {
            throw new IllegalArgumentException("cold start of " + name + ": " + coldStartSeconds + " s, variation "
                    + coldStartVariation + " (expected: > 0, >= 0)");
        }
    }

    /** Bounds of a replica, as its metrics page tells them. */
    EngineLimits limits() {
        return new EngineLimits(
                (double) engine.blocks() * engine.blockTokens(), engine.maxNumSeqs(), engine.maxNumBatchedTokens());
    }

    /** The same with other bounds of its number. */
    PodKind bounded(int fewest, int most, int first) {
        return new PodKind(
                name,
                engine,
                step,
                costPerHour,
                accelerator,
                accelerators,
                coldStartSeconds,
                coldStartVariation,
                fewest,
                most,
                first,
                role,
                tiers);
    }

    /** The same with another mean time of a start. */
    PodKind startingIn(double seconds) {
        return new PodKind(
                name,
                engine,
                step,
                costPerHour,
                accelerator,
                accelerators,
                seconds,
                coldStartVariation,
                min,
                max,
                initial,
                role,
                tiers);
    }

    /** The same as another variant, for some phases and tiers. @param served names of the tiers; none for all */
    PodKind named(String other, Role phases, Set<String> served) {
        return new PodKind(
                other,
                engine,
                step,
                costPerHour,
                accelerator,
                accelerators,
                coldStartSeconds,
                coldStartVariation,
                min,
                max,
                initial,
                phases,
                served);
    }

    /** The same on another engine of the same step time. */
    PodKind on(EngineSettings other) {
        return new PodKind(
                name,
                other,
                step,
                costPerHour,
                accelerator,
                accelerators,
                coldStartSeconds,
                coldStartVariation,
                min,
                max,
                initial,
                role,
                tiers);
    }

    /** Whether requests of a tier may come to it. */
    boolean serves(Tier tier) {
        return tiers.isEmpty() || tiers.contains(tier.name());
    }
}
