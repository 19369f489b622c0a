package io.llmd.lab.predictor;

import io.llmd.scheduler.latency.LatencySample.Kind;
import java.util.List;

/**
 * How well one kind of latency of one traffic was predicted.
 *
 * @param model who predicted; {@code serving} for what decisions went by
 * @param samples measured latencies, those of the beginning included
 * @param predicted how many of them were predicted
 * @param meanError mean of the relative errors
 * @param medianError median of them
 * @param coverage share that stayed within the bound; nine of ten should
 * @param curve mean error of each {@value #WINDOW} samples from the first on; NaN where nothing was predicted
 */
public record Accuracy(
        String traffic,
        Kind kind,
        String model,
        int samples,
        int predicted,
        double meanError,
        double medianError,
        double coverage,
        List<Double> curve) {

    /** Samples in one point of the curve. */
    public static final int WINDOW = 100;

    public Accuracy {
        curve = List.copyOf(curve);
    }
}
