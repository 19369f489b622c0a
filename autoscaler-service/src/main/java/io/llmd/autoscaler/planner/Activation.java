package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.TierClass;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Which variants to start when requests wait and nothing runs: one lane that can keep the strictest promise among those that wait,
 * or a pair for prefill and decode, by the time that it takes to start and by its cost (specs/autoscaling.md 4.6).
 */
final class Activation {

    /** What a second of waiting counts, in cost of an hour. */
    private static final double URGENT = 1;

    private static final double PATIENT = 0.01;

    private Activation() {}

    /** Ids of the variants to start; none when no lane can keep the promise. */
    static List<String> choose(MixProblem problem, List<VariantInput> variants, List<ClassInput> classes) {
        int waiting = -1;
        for (int k = 0; k < classes.size(); k++) {
            boolean isFirst = classes.get(k).waiting() > 0 || classes.get(k).now() > 0;
            if (isFirst && (waiting < 0 || isStricter(classes, k, waiting))) {
                waiting = k;
            }
        }
        if (waiting < 0) {
            return List.of();
        }
        double urgency =
                classes.get(waiting).requestClass().tier().tierClass() == TierClass.CRITICAL ? URGENT : PATIENT;
        Optional<Integer> unified = best(problem, variants, waiting, Role.UNIFIED, urgency);
        Optional<Integer> prefill = best(problem, variants, waiting, Role.PREFILL, urgency);
        Optional<Integer> decode = best(problem, variants, waiting, Role.DECODE, urgency);
        TreeSet<String> chosen = new TreeSet<>();
        boolean hasPair = prefill.isPresent() && decode.isPresent();
        if (unified.isPresent()
                && (!hasPair
                        || score(variants.get(unified.get()), urgency)
                                <= Math.max(
                                        score(variants.get(prefill.get()), urgency),
                                        score(variants.get(decode.get()), urgency)))) {
            chosen.add(variants.get(unified.get()).variant().id());
        } else if (hasPair) {
            chosen.add(variants.get(prefill.get()).variant().id());
            chosen.add(variants.get(decode.get()).variant().id());
        }
        return List.copyOf(chosen);
    }

    private static boolean isStricter(List<ClassInput> classes, int k, int other) {
        return classes.get(k).requestClass().tier().interTokenTarget()
                < classes.get(other).requestClass().tier().interTokenTarget();
    }

    private static Optional<Integer> best(
            MixProblem problem, List<VariantInput> variants, int demand, Role role, double urgency) {
        TreeSet<Integer> feasible = new TreeSet<>();
        for (int j = 0; j < problem.lanes().size(); j++) {
            int option = problem.optionIndex(j);
            VariantInput input = variants.get(option);
            if (problem.isFeasible(demand, j) && input.variant().role() == role && input.mayGrow()) {
                feasible.add(option);
            }
        }
        return feasible.stream().min(Comparator.comparingDouble(option -> score(variants.get(option), urgency)));
    }

    private static double score(VariantInput input, double urgency) {
        return input.coldStart90() * urgency + input.variant().costPerHour();
    }
}
