package io.llmd.lab.predictor;

import io.llmd.lab.Lab;
import io.llmd.lab.Scenario;
import io.llmd.lab.contender.Contenders;
import io.llmd.lab.fleet.Conditions;
import io.llmd.lab.fleet.Fleet;
import io.llmd.lab.fleet.Slo;
import io.llmd.lab.predictor.LatencyModel.Prediction;
import io.llmd.lab.traffic.Traffic;
import io.llmd.scheduler.latency.LatencySample.Kind;
import io.llmd.scheduler.latency.MeasuredLatency;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Lets the predictor serve in a simulation, and then other models predict the same requests: each sample is first predicted and
 * then learned from, in the order in which the latencies were measured.
 *
 * @param fleet that serves
 */
public record PredictorStudy(Fleet fleet, Conditions conditions) {

    /** As the producer has it by default. */
    static final int LEAST_SAMPLES = 100;

    private static final int CANDIDATES = 100;
    private static final int DECISIONS = 400;
    private static final int WARM_UP = 200;
    private static final double NANOS_PER_MICRO = 1e3;

    /**
     * What came of one traffic.
     *
     * @param accuracies by kind, then by model; the serving one first
     * @param costs by model
     * @param drifts how often the serving predictor began anew
     */
    public record Outcome(List<Accuracy> accuracies, List<PredictionCost> costs, int drifts) {
        public Outcome {
            accuracies = List.copyOf(accuracies);
            costs = List.copyOf(costs);
        }
    }

    public PredictorStudy {
        Objects.requireNonNull(fleet, "fleet");
        Objects.requireNonNull(conditions, "conditions");
    }

    /** Serves a traffic, and judges all models by it. */
    public Outcome run(Traffic traffic, long seed) {
        SampleTap tap = new SampleTap();
        Lab.run(new Scenario(traffic, fleet, conditions, Slo.DEFAULT), Contenders.predicting(tap), seed);
        List<Accuracy> accuracies = new ArrayList<>();
        List<PredictionCost> costs = new ArrayList<>();
        StepModel firstTokens = StepModel.ofFirstTokens(LEAST_SAMPLES);
        for (Kind kind : List.of(Kind.TIME_TO_FIRST_TOKEN, Kind.TIME_PER_OUTPUT_TOKEN)) {
            List<MeasuredLatency> samples = tap.of(kind);
            accuracies.add(serving(traffic.name(), kind, samples));
            StepModel steps = kind == Kind.TIME_TO_FIRST_TOKEN ? firstTokens : firstTokens.ofOutputTokens();
            accuracies.add(judged(traffic.name(), kind, steps, samples));
            try (BoostedTrees trees = new BoostedTrees(LEAST_SAMPLES)) {
                accuracies.add(judged(traffic.name(), kind, trees, samples));
                if (kind == Kind.TIME_TO_FIRST_TOKEN && samples.size() >= Math.max(CANDIDATES, LEAST_SAMPLES)) {
                    List<MeasuredLatency> candidates = samples.subList(0, CANDIDATES);
                    costs.add(cost(steps.name(), () -> all(steps, candidates)));
                    costs.add(cost(trees.name(), () -> trees.predictAll(candidates)));
                }
            }
        }
        return new Outcome(accuracies, costs, tap.drifts());
    }

    private static Accuracy serving(String traffic, Kind kind, List<MeasuredLatency> samples) {
        Scoring scoring = new Scoring();
        for (MeasuredLatency sample : samples) {
            scoring.add(
                    new Prediction(sample.predictedMillis(), sample.boundMillis()),
                    sample.sample().millis());
        }
        return scoring.accuracy(traffic, kind, "serving");
    }

    private static Accuracy judged(String traffic, Kind kind, LatencyModel model, List<MeasuredLatency> samples) {
        Scoring scoring = new Scoring();
        for (MeasuredLatency sample : samples) {
            scoring.add(model.predict(sample), sample.sample().millis());
            model.learn(sample);
        }
        return scoring.accuracy(traffic, kind, model.name());
    }

    private static double all(LatencyModel model, List<MeasuredLatency> candidates) {
        double sum = 0;
        for (int i = 0; i < candidates.size(); i++) {
            sum += model.predict(candidates.get(i)).millis();
        }
        return sum;
    }

    private static PredictionCost cost(String model, Supplier<Object> decision) {
        double[] micros = new double[DECISIONS];
        int used = 0;
        for (int i = 0; i < WARM_UP + DECISIONS; i++) {
            long begin = System.nanoTime();
            used += decision.get().hashCode();
            if (i >= WARM_UP) {
                micros[i - WARM_UP] = (System.nanoTime() - begin) / NANOS_PER_MICRO;
            }
        }
        Arrays.sort(micros);
        // The sum of the answers is looked at, so that they have to be computed.
        return new PredictionCost(model, CANDIDATES, micros[DECISIONS / 2] + (used == Integer.MIN_VALUE ? 1e-9 : 0));
    }
}
