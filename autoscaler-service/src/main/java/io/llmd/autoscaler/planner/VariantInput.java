package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.analyzer.Derate;
import io.llmd.autoscaler.analyzer.FittedStepTime;
import io.llmd.autoscaler.analyzer.LoadFunction;
import io.llmd.autoscaler.variant.EngineLimits;
import io.llmd.autoscaler.variant.Replicas;
import io.llmd.autoscaler.variant.Variant;

/**
 * What is known of a variant in one cycle.
 *
 * @param variant what it is
 * @param fit its step time
 * @param limits bounds of a replica
 * @param derate what a replica is worth
 * @param sharing tokens held by tokens predicted
 * @param supply what a replica is worth on average beside slow ones, in (0, 1]; 1 when none is slow
 * @param replicas how many there are
 * @param memoryFill mean use of the memory for keys and values, in [0, 1]; NaN when it is not known
 * @param coldStart90 seconds that nine of ten starts take at most
 * @param behaviour how fast it may be scaled
 * @param isPaused whether it is held
 * @param isDisrupted whether it is being rolled out or its nodes are drained
 * @param isTold whether the number that is asked for comes from what is scaled, and not from a list of replicas
 */
public record VariantInput(
        Variant variant,
        FittedStepTime fit,
        EngineLimits limits,
        Derate derate,
        double sharing,
        double supply,
        Replicas replicas,
        double memoryFill,
        double coldStart90,
        Behaviour behaviour,
        boolean isPaused,
        boolean isDisrupted,
        boolean isTold) {

    public VariantInput {
        if (!(supply > 0 && supply <= 1) || !(sharing > 0)) {
            throw new IllegalArgumentException(
                    "supply: " + supply + ", sharing: " + sharing + " (expected: in (0, 1], > 0)");
        }
    }

    /** A variant of which a list of replicas is all that is known. */
    public VariantInput(
            Variant variant,
            FittedStepTime fit,
            EngineLimits limits,
            Derate derate,
            double sharing,
            double supply,
            Replicas replicas,
            double memoryFill,
            double coldStart90,
            Behaviour behaviour,
            boolean isPaused,
            boolean isDisrupted) {
        this(
                variant,
                fit,
                limits,
                derate,
                sharing,
                supply,
                replicas,
                memoryFill,
                coldStart90,
                behaviour,
                isPaused,
                isDisrupted,
                false);
    }

    /** A variant whose replicas are all well. */
    public static VariantInput of(Variant variant, FittedStepTime fit, EngineLimits limits, Replicas replicas) {
        return new VariantInput(
                variant, fit, limits, Derate.NONE, 1, 1, replicas, Double.NaN, 120, Behaviour.USUAL, false, false);
    }

    /** Load of requests, with all margins. */
    LoadFunction function() {
        return LoadFunction.of(fit.cautious(derate.factor() * supply), limits).corrected(sharing);
    }

    boolean mayGrow() {
        return !variant.accelerator().isBlank();
    }
}
