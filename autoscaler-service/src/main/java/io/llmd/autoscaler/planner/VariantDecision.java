package io.llmd.autoscaler.planner;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The number of a variant, and why it is that.
 *
 * @param variant {@code namespace/name}
 * @param role role of its replicas
 * @param lane the lane that it is, {@code namespace/name@tier}; empty when it is none
 * @param current replicas asked for before
 * @param desired replicas to ask for
 * @param steps the way to the number: stages of demand, then guards that changed it
 * @param codes guards that applied
 * @param binding dimension in which its replicas are fullest; empty when they have no load
 * @param utilization load by what replicas may carry, by dimension, with {@code desired} of them
 * @param utilizationBefore the same with one less; empty when there is none less
 * @param predicted what requests may expect with {@code desired} replicas
 * @param predictedBefore the same with one less; null when there is none less
 * @param costPerHour cost of {@code desired} replicas in an hour
 * @param whyNotLess what would go wrong with one less, in a sentence
 * @param whyNotMore why one more is not needed, in a sentence
 */
public record VariantDecision(
        String variant,
        String role,
        String lane,
        int current,
        int desired,
        List<Step> steps,
        List<String> codes,
        String binding,
        Map<String, Double> utilization,
        Map<String, Double> utilizationBefore,
        Predicted predicted,
        @Nullable Predicted predictedBefore,
        double costPerHour,
        String whyNotLess,
        String whyNotMore) {

    /**
     * What requests may expect, in seconds; infinite where replicas are overloaded.
     *
     * @param interToken mean time between tokens
     * @param firstToken95 time to first token that 95 % keep
     */
    public record Predicted(double interToken, double firstToken95) {}

    public VariantDecision {
        steps = List.copyOf(steps);
        codes = List.copyOf(codes);
    }
}
