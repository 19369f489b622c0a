package io.llmd.scheduler.latency;

import java.util.Objects;

/**
 * A measured latency with all that a predictor in process learns from it.
 *
 * @param endpointId {@code namespace/name}
 * @param cacheTokens tokens that fit into the endpoint's KV cache, 0 when unknown
 * @param model model name of the client
 * @param targetModel model name after rewriting
 * @param objectiveMillis what the request asked for, 0 when it asked for nothing
 * @param predictedMillis what was predicted, 0 when nothing was
 * @param boundMillis within which it should have stayed, 0 when nothing was predicted
 * @param sample what was measured, and what was known when the request was placed
 */
public record MeasuredLatency(
        String endpointId,
        long cacheTokens,
        String model,
        String targetModel,
        double objectiveMillis,
        double predictedMillis,
        double boundMillis,
        LatencySample sample) {
    public MeasuredLatency {
        Objects.requireNonNull(endpointId, "endpointId");
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(targetModel, "targetModel");
        Objects.requireNonNull(sample, "sample");
    }

    /** Whether anything was predicted. */
    public boolean isPredicted() {
        return predictedMillis > 0;
    }

    /** Whether it stayed within its bound. */
    public boolean isCovered() {
        return sample.millis() <= boundMillis;
    }

    /** Whether it took longer than the request asked for. */
    public boolean isMissed() {
        return objectiveMillis > 0 && sample.millis() > objectiveMillis;
    }

    /** How far the prediction was off, in shares of the measured time. */
    public double relativeError() {
        return Math.abs(predictedMillis - sample.millis()) / sample.millis();
    }
}
