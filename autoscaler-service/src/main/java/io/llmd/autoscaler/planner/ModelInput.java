package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.variant.Grade;
import java.util.Comparator;
import java.util.List;

/**
 * What is known of a model in one cycle: all that a decision depends on, beside what was decided before.
 *
 * @param model its name
 * @param classes its demand, by id
 * @param variants what may serve it, by id
 * @param grade how much of this is known
 * @param isConfigValid whether the configuration in force is the one that was asked for
 * @param arrivalVariation index of dispersion of arrivals
 * @param idle whether it may be without replicas
 */
public record ModelInput(
        String model,
        List<ClassInput> classes,
        List<VariantInput> variants,
        Grade grade,
        boolean isConfigValid,
        double arrivalVariation,
        Idle idle) {

    /**
     * What the policy for zero looks at.
     *
     * @param isZeroEnabled whether the model may be without replicas at all
     * @param idleSeconds for how long no request has come
     * @param retentionSeconds for how long none may have come
     * @param inFlight requests that run
     * @param queued requests that wait before routers
     * @param isBatchDue whether work that can wait is due
     */
    public record Idle(
            boolean isZeroEnabled,
            double idleSeconds,
            double retentionSeconds,
            double inFlight,
            double queued,
            boolean isBatchDue) {

        /** A model that always has replicas. */
        public static final Idle NEVER = new Idle(false, 0, 600, 0, 0, false);

        boolean isZeroAllowed() {
            return isZeroEnabled && idleSeconds >= retentionSeconds && inFlight == 0 && queued == 0 && !isBatchDue;
        }
    }

    public ModelInput {
        classes = classes.stream()
                .sorted(Comparator.comparing(each -> each.requestClass().id()))
                .toList();
        variants = variants.stream()
                .sorted(Comparator.comparing(VariantInput::variant))
                .toList();
    }
}
