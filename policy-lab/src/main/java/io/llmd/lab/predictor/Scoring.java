package io.llmd.lab.predictor;

import io.llmd.lab.predictor.LatencyModel.Prediction;
import io.llmd.scheduler.latency.LatencySample.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Adds up errors of predictions, in the order of the samples. For one thread. */
final class Scoring {

    private final List<Double> errors = new ArrayList<>();
    private final List<Double> curve = new ArrayList<>();
    private int samples;
    private int covered;
    private double windowSum;
    private int windowCount;

    void add(Prediction prediction, double millis) {
        samples++;
        if (prediction.millis() > 0) {
            double error = Math.abs(prediction.millis() - millis) / millis;
            errors.add(error);
            covered += millis <= prediction.boundMillis() ? 1 : 0;
            windowSum += error;
            windowCount++;
        }
        if (samples % Accuracy.WINDOW == 0) {
            curve.add(windowCount == 0 ? Double.NaN : windowSum / windowCount);
            windowSum = 0;
            windowCount = 0;
        }
    }

    Accuracy accuracy(String traffic, Kind kind, String model) {
        double[] sorted = errors.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return new Accuracy(
                traffic,
                kind,
                model,
                samples,
                sorted.length,
                Arrays.stream(sorted).average().orElse(Double.NaN),
                sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2],
                sorted.length == 0 ? Double.NaN : (double) covered / sorted.length,
                curve);
    }
}
