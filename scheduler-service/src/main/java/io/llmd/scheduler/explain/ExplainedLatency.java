package io.llmd.scheduler.explain;

import io.llmd.scheduler.scheduling.LatencyPredictions;
import io.llmd.scheduler.scheduling.LatencyPredictions.Prediction;
import org.jspecify.annotations.Nullable;

/**
 * What the request would take on an endpoint, as a decision believed. Headroom is what the objective leaves over.
 *
 * @param timeToFirstTokenMillis expected time to the first token
 * @param timeToFirstTokenBoundMillis within which it comes nine times of ten; null when the predictor does not say
 * @param timePerOutputTokenMillis expected mean time per token after the first
 * @param timePerOutputTokenBoundMillis within which that stays nine times of ten; null when the predictor does not say
 * @param firstTokenHeadroomMillis headroom of the first token, negative without an objective
 * @param outputTokenHeadroomMillis headroom of the output tokens; 0 where they do not count
 * @param dispatchedRequests requests that this scheduler had placed there
 */
public record ExplainedLatency(
        double timeToFirstTokenMillis,
        @Nullable Double timeToFirstTokenBoundMillis,
        double timePerOutputTokenMillis,
        @Nullable Double timePerOutputTokenBoundMillis,
        double firstTokenHeadroomMillis,
        double outputTokenHeadroomMillis,
        int dispatchedRequests) {

    /** What a column says of a slot, null when it says nothing. */
    static @Nullable ExplainedLatency of(@Nullable LatencyPredictions predictions, int slot) {
        Prediction prediction = predictions == null ? null : predictions.at(slot);
        if (predictions == null || prediction == null) {
            return null;
        }
        return new ExplainedLatency(
                prediction.timeToFirstTokenMillis(),
                known(predictions.firstTokenBoundMillis(slot)),
                prediction.timePerOutputTokenMillis(),
                known(predictions.outputTokenBoundMillis(slot)),
                prediction.firstTokenHeadroomMillis(),
                prediction.outputTokenHeadroomMillis(),
                prediction.dispatchedRequests());
    }

    private static @Nullable Double known(double millis) {
        return millis > 0 ? millis : null;
    }
}
