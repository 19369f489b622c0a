package io.llmd.lab.autoscale;

import io.llmd.simulator.engine.CounterRandom;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Means over seeds, and how sure they are. Pure functions. */
final class Means {

    private static final int DRAWS = 2_000;
    private static final long BOOTSTRAP = 51;

    /** A figure and its 95 % interval. */
    record Interval(double value, double low, double high) {}

    private Means() {}

    static double of(List<ScaleResult> runs, ToDoubleFunction<ScaleResult> figure) {
        return runs.stream()
                .mapToDouble(figure)
                .filter(each -> !Double.isNaN(each))
                .average()
                .orElse(Double.NaN);
    }

    /** Sum of a figure of one by that of the other over paired seeds, by drawing seeds with repetition. */
    static Interval ratio(List<ScaleResult> ours, List<ScaleResult> others, ToDoubleFunction<ScaleResult> figure) {
        int count = Math.min(ours.size(), others.size());
        double[] ratios = new double[DRAWS];
        for (int d = 0; d < DRAWS; d++) {
            double one = 0;
            double other = 0;
            for (int i = 0; i < count; i++) {
                int pick = Math.min(count - 1, (int) (CounterRandom.unit(d, i, BOOTSTRAP) * count));
                one += figure.applyAsDouble(ours.get(pick));
                other += figure.applyAsDouble(others.get(pick));
            }
            ratios[d] = one / other;
        }
        Arrays.sort(ratios);
        return new Interval(
                of(ours, figure) / of(others, figure),
                ratios[(int) (0.025 * DRAWS)],
                ratios[(int) (0.975 * DRAWS) - 1]);
    }

    /** Difference of a figure over paired seeds, likewise. */
    static Interval difference(List<ScaleResult> ours, List<ScaleResult> others, ToDoubleFunction<ScaleResult> figure) {
        int count = Math.min(ours.size(), others.size());
        double[] differences = new double[DRAWS];
        for (int d = 0; d < DRAWS; d++) {
            double sum = 0;
            for (int i = 0; i < count; i++) {
                int pick = Math.min(count - 1, (int) (CounterRandom.unit(d, i, BOOTSTRAP) * count));
                sum += figure.applyAsDouble(ours.get(pick)) - figure.applyAsDouble(others.get(pick));
            }
            differences[d] = sum / count;
        }
        Arrays.sort(differences);
        return new Interval(
                of(ours, figure) - of(others, figure),
                differences[(int) (0.025 * DRAWS)],
                differences[(int) (0.975 * DRAWS) - 1]);
    }
}
