package io.llmd.lab.autoscale;

import io.llmd.autoscaler.variant.EngineLimits;
import io.llmd.autoscaler.variant.StepTime;
import io.llmd.simulator.engine.EngineSettings;

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
        int initial) {

    public PodKind {
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
                first);
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
                initial);
    }
}
