package io.llmd.launcher.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** All measurements of a run. Contenders are compared inside a round only, for the machine changes between rounds. */
final class Results {

    private final List<Sample> samples = new ArrayList<>();

    void add(Sample sample) {
        samples.add(sample);
    }

    List<Sample> samples() {
        return List.copyOf(samples);
    }

    /** A figure of one contender over the rounds; empty if it was not measured. */
    Optional<Figure> figure(String contender, Workload workload, ToDoubleFunction<Sample> value) {
        List<Double> values = samples.stream()
                .filter(s -> s.contender().equals(contender) && s.workload() == workload)
                .map(value::applyAsDouble)
                .toList();
        return values.isEmpty() ? Optional.empty() : Optional.of(Figure.of(values));
    }

    /** Contender's value divided by the baseline's, round by round; empty if no round has both. */
    Optional<Figure> ratio(String contender, String baseline, Workload workload, ToDoubleFunction<Sample> value) {
        return paired(contender, baseline, workload, value, (a, b) -> a / b);
    }

    /** Contender's value minus the baseline's, round by round; empty if no round has both. */
    Optional<Figure> added(String contender, String baseline, Workload workload, ToDoubleFunction<Sample> value) {
        return paired(contender, baseline, workload, value, (a, b) -> a - b);
    }

    private interface Comparison {
        double compare(double value, double baseline);
    }

    private Optional<Figure> paired(
            String contender,
            String baseline,
            Workload workload,
            ToDoubleFunction<Sample> value,
            Comparison comparison) {
        List<Double> values = new ArrayList<>();
        for (Sample sample : samples) {
            if (sample.contender().equals(contender) && sample.workload() == workload) {
                find(baseline, workload, sample.round())
                        .ifPresent(other -> values.add(
                                comparison.compare(value.applyAsDouble(sample), value.applyAsDouble(other))));
            }
        }
        return values.isEmpty() ? Optional.empty() : Optional.of(Figure.of(values));
    }

    /** The measurement of a round. */
    Optional<Sample> find(String contender, Workload workload, int round) {
        return samples.stream()
                .filter(s -> s.contender().equals(contender) && s.workload() == workload && s.round() == round)
                .findFirst();
    }

    /** Rounds of a workload in which somebody else used the machine, over all contenders. */
    long disturbed(Workload workload) {
        return samples.stream()
                .filter(s -> s.workload() == workload && !s.isQuiet())
                .count();
    }
}
