package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.analyzer.BatchDeadlines;
import java.util.List;

/**
 * At which rates work that can wait has to be done (specs/autoscaling.md 3.6): first on what other work leaves free of the replicas
 * that it needs, and with more of them as late as is safe. For one thread.
 */
final class DeadlineRates {

    /** More than any replicas can do. */
    private static final double ANY_RATE = 1e9;

    private final MixProblem problem;
    private final List<ClassInput> classes;
    private final List<VariantInput> variants;

    /** @param problem with classes and variants in the order of the lists */
    DeadlineRates(MixProblem problem, List<ClassInput> classes, List<VariantInput> variants) {
        this.problem = problem;
        this.classes = classes;
        this.variants = variants;
    }

    boolean isAnyDue() {
        return classes.stream().anyMatch(each -> !each.due().isEmpty());
    }

    /**
     * The rates.
     *
     * @param others the mix that all other work takes
     * @param reserved rates of that work, by class
     * @return by class; 0 where what other work leaves free is enough, or where it is early yet
     */
    double[] rates(Mix others, double[] reserved) {
        double[] rates = new double[classes.size()];
        double[] taken = reserved.clone();
        for (int k = 0; k < rates.length; k++) {
            int[] route = problem.routes().cheapest(k);
            if (classes.get(k).due().isEmpty() || route.length == 0) {
                continue;
            }
            double residual = residual(k, others, taken);
            double perReplica = Double.POSITIVE_INFINITY;
            double cold = 0;
            int present = Integer.MAX_VALUE;
            for (int lane : route) {
                int option = problem.optionIndex(lane);
                perReplica = Math.min(
                        perReplica,
                        (1 - problem.headroom(lane)) / problem.load(k, lane).max());
                cold = Math.max(cold, variants.get(option).coldStart90());
                int beyond = variants.get(option).replicas().specified() - others.byOption()[option];
                present = Math.min(present, Math.max(0, beyond));
            }
            BatchDeadlines.Supply supply = new BatchDeadlines.Supply(
                    residual, perReplica, cold, classes.get(k).drainSeconds());
            BatchDeadlines.Need need = BatchDeadlines.need(classes.get(k).due(), supply);
            if (need.replicas(present) > 0) {
                rates[k] = residual + need.fraction() * perReplica;
                taken[k] += rates[k];
            }
        }
        return rates;
    }

    /** Requests a second of a class that a mix can do beside its own work. */
    private double residual(int demand, Mix others, double[] taken) {
        double[] rates = taken.clone();
        rates[demand] = ANY_RATE;
        double[] capacity = new double[problem.lanes().size()];
        for (int j = 0; j < capacity.length; j++) {
            capacity[j] = others.replicas(j) * (1 - problem.headroom(j));
        }
        double[][] filled = Filling.fill(problem.at(rates), capacity);
        double sum = 0;
        for (int[] route : problem.routes().of(demand)) {
            // Routes of two lanes share their first ones: what goes through these is counted once.
            sum += filled[demand][route[0]];
            filled[demand][route[0]] = 0;
        }
        return sum;
    }
}
