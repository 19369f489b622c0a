package io.llmd.autoscaler.loop;

import io.llmd.autoscaler.analyzer.FittedStepTime;
import io.llmd.autoscaler.variant.Grade;
import io.llmd.autoscaler.variant.Replicas;
import io.llmd.autoscaler.variant.Variant;
import java.util.List;
import java.util.Map;

/**
 * What the loop knows at a time, beside its decisions.
 *
 * @param variants by id
 * @param grades how much is known of each model
 * @param skills best skill of a predictor of each model, NaN when none was scored
 * @param routerAge seconds since a router was heard
 */
public record LoopState(
        List<OfVariant> variants, Map<String, Grade> grades, Map<String, Double> skills, double routerAge) {

    /** What is known of a variant; cold starts are quantiles in seconds, {@code slow} counts replicas that are slower than others. */
    public record OfVariant(
            Variant variant,
            String fingerprint,
            Replicas replicas,
            FittedStepTime fit,
            double derate,
            int slow,
            double coldStart50,
            double coldStart90) {}
}
