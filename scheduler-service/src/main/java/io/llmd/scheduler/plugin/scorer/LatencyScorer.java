package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.LatencyPredictions;
import io.llmd.scheduler.scheduling.LatencyPredictions.Prediction;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.Scorer;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Prefers endpoints that would meet the latency objectives of a request, by their predicted headroom. By default the one
 * that just meets them scores best, so that others stay free for stricter requests. Endpoints that would miss an objective
 * are rated only when all would: then those that are idle, else those that miss the least. Without any prediction, free KV
 * cache, short queues and held prefixes count. O(n).
 */
final class LatencyScorer implements Scorer {

    /** Which headroom is best among endpoints that meet the objectives. */
    enum Headroom {
        LEAST,
        MOST
    }

    /**
     * @param ttftWeight weight of the time to the first token
     * @param tpotWeight weight of the time per output token
     * @param headroomSelectionStrategy which headroom is best
     * @param compositeKVWeight weight of free KV cache without predictions
     * @param compositeQueueWeight weight of short queues without predictions
     * @param compositePrefixWeight weight of held prefixes without predictions
     * @param latencyPredictionInfoProducerName producer of predictions, empty for the default
     * @param prefixMatchInfoProducerName producer to believe about prefixes, empty for the default
     */
    record Params(
            @Default("0.8") double ttftWeight,
            @Default("0.2") double tpotWeight,
            @Default("least") Headroom headroomSelectionStrategy,
            @Default("1") double compositeKVWeight,
            @Default("1") double compositeQueueWeight,
            @Default("1") double compositePrefixWeight,
            @Default("") String latencyPredictionInfoProducerName,
            @Default("") String prefixMatchInfoProducerName) {
        Params {
            requireWeight("ttftWeight", ttftWeight);
            requireWeight("tpotWeight", tpotWeight);
            requireWeight("compositeKVWeight", compositeKVWeight);
            requireWeight("compositeQueueWeight", compositeQueueWeight);
            requireWeight("compositePrefixWeight", compositePrefixWeight);
        }

        private static void requireWeight(String name, double weight) {
            if (weight < 0) {
                throw new IllegalArgumentException(name + ": " + weight + " (expected: >= 0)");
            }
        }
    }

    private static final double FLAT = 1e-9;
    private static final double STEPS = 100;
    private static final double UNDECIDED = 0.5;

    private final Params params;
    private final DataKey<LatencyPredictions> predictionsKey;
    private final DataKey<PrefixMatches> matchesKey;

    LatencyScorer(Params params) {
        this.params = params;
        predictionsKey = DataKeys.latencyPredictions(params.latencyPredictionInfoProducerName());
        matchesKey = DataKeys.prefixMatches(params.prefixMatchInfoProducerName());
    }

    @Override
    public List<DataKey<?>> requires() {
        return List.of(predictionsKey, matchesKey);
    }

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        LatencyPredictions predictions = candidates.data(predictionsKey);
        if (predictions == null || !predictions.isAnyOf(candidates)) {
            scoreByLoad(candidates, scores);
            return;
        }
        Bucket bucket = new Bucket(candidates, predictions, scores);
        if (bucket.fill(p -> p == null || !p.isNegative())) {
            bucket.score(params.headroomSelectionStrategy());
        } else if (bucket.fill(p -> p != null && p.dispatchedRequests() == 0)
                || bucket.fill(p -> p != null && p.firstTokenHeadroomMillis() >= 0)
                || bucket.fill(p -> p != null && p.outputTokenHeadroomMillis() >= 0)
                || bucket.fill(p -> p != null)) {
            bucket.score(Headroom.LEAST);
        }
    }

    private void scoreByLoad(Candidates candidates, double[] scores) {
        int size = scores.length;
        double[] usages = new double[size];
        Arrays.fill(usages, UNDECIDED);
        Readings.read(candidates, Endpoint::kvCacheUsage, usages);
        double[] queues = new double[size];
        Readings.read(candidates, Endpoint::waitingRequests, queues);
        double longest = Arrays.stream(queues).max().orElse(0);
        double sum = params.compositeKVWeight() + params.compositeQueueWeight() + params.compositePrefixWeight();
        PrefixMatches matches = candidates.data(matchesKey);
        for (int i = 0; i < size; i++) {
            double free = 1 - Math.clamp(usages[i], 0, 1);
            double shortness = longest > 0 ? (longest - queues[i]) / longest : 1;
            double held = matches == null ? 0 : matches.ratio(candidates.slot(i));
            double rated = sum <= 0
                    ? free
                    : (params.compositeKVWeight() * free
                                    + params.compositeQueueWeight() * shortness
                                    + params.compositePrefixWeight() * held)
                            / sum;
            scores[i] = Math.round(STEPS * rated) / STEPS;
        }
    }

    /** Candidates that are rated against each other; all others keep 0. */
    private final class Bucket {
        private final Candidates candidates;
        private final LatencyPredictions predictions;
        private final double[] scores;
        private final boolean[] isMember;

        private Bucket(Candidates candidates, LatencyPredictions predictions, double[] scores) {
            this.candidates = candidates;
            this.predictions = predictions;
            this.scores = scores;
            isMember = new boolean[scores.length];
        }

        private boolean fill(Predicate<@Nullable Prediction> belongs) {
            boolean isAny = false;
            for (int i = 0; i < isMember.length; i++) {
                isMember[i] = belongs.test(predictions.at(candidates.slot(i)));
                isAny |= isMember[i];
            }
            return isAny;
        }

        private double firstToken(int position) {
            Prediction prediction = predictions.at(candidates.slot(position));
            return prediction == null ? 0 : Math.abs(prediction.firstTokenHeadroomMillis());
        }

        private double outputToken(int position) {
            Prediction prediction = predictions.at(candidates.slot(position));
            return prediction == null ? 0 : Math.abs(prediction.outputTokenHeadroomMillis());
        }

        private void score(Headroom best) {
            double[] first = range(this::firstToken);
            double[] output = range(this::outputToken);
            double sum = params.ttftWeight() + params.tpotWeight();
            double firstWeight = sum <= 0 ? 1 : params.ttftWeight() / sum;
            boolean isFirstFlat = first[1] - first[0] <= FLAT;
            boolean isOutputFlat = output[1] - output[0] <= FLAT;
            if (isFirstFlat != isOutputFlat) {
                firstWeight = isFirstFlat ? 0 : 1;
            }
            for (int i = 0; i < isMember.length; i++) {
                if (isMember[i]) {
                    double headroom = firstWeight * normal(firstToken(i), first)
                            + (1 - firstWeight) * normal(outputToken(i), output);
                    double goodness = best == Headroom.MOST ? headroom : 1 - headroom;
                    scores[i] = Math.min(1, (Math.floor(STEPS * goodness) + 1) / STEPS);
                }
            }
        }

        private double[] range(IntToDoubleFunction headroom) {
            double[] range = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
            for (int i = 0; i < isMember.length; i++) {
                if (isMember[i]) {
                    range[0] = Math.min(range[0], headroom.applyAsDouble(i));
                    range[1] = Math.max(range[1], headroom.applyAsDouble(i));
                }
            }
            return range;
        }

        private static double normal(double value, double[] range) {
            double width = range[1] - range[0];
            return width <= FLAT ? UNDECIDED : (value - range[0]) / width;
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "latency-scorer";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Scorer create(String name, Params params) {
            return new LatencyScorer(params);
        }
    }
}
