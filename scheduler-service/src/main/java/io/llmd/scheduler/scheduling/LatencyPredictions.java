package io.llmd.scheduler.scheduling;

import org.jspecify.annotations.Nullable;

/** Column of predicted latencies: per slot what the request would take there, where that is known. */
public final class LatencyPredictions {

    /**
     * What the request would take on one endpoint. A headroom is what the objective leaves over: negative when the objective
     * would be missed.
     *
     * @param timeToFirstTokenMillis predicted time to the first token
     * @param timePerOutputTokenMillis predicted mean time per token after the first
     * @param firstTokenHeadroomMillis headroom of the time to the first token
     * @param outputTokenHeadroomMillis headroom of the time per output token
     * @param meetsFirstToken whether the objective for the first token would be met
     * @param meetsOutputToken whether the objective for output tokens would be met
     * @param dispatchedRequests requests that this scheduler has placed on the endpoint and that have not ended
     */
    public record Prediction(
            double timeToFirstTokenMillis,
            double timePerOutputTokenMillis,
            double firstTokenHeadroomMillis,
            double outputTokenHeadroomMillis,
            boolean meetsFirstToken,
            boolean meetsOutputToken,
            int dispatchedRequests) {

        /** Whether both objectives would be met. */
        public boolean isValid() {
            return meetsFirstToken && meetsOutputToken;
        }

        /** Whether an objective would be missed. */
        public boolean isNegative() {
            return firstTokenHeadroomMillis < 0 || outputTokenHeadroomMillis < 0;
        }
    }

    private final @Nullable Prediction[] predictions;

    /** A column for {@code slotCount} endpoints, nothing known yet. */
    public LatencyPredictions(int slotCount) {
        predictions = new @Nullable Prediction[slotCount];
    }

    /** Records the prediction for one endpoint. */
    public void set(int slot, Prediction prediction) {
        predictions[slot] = prediction;
    }

    /** The prediction for the endpoint, null when there is none. */
    public @Nullable Prediction at(int slot) {
        return predictions[slot];
    }

    /** Whether any of the candidates has a prediction. */
    public boolean isAnyOf(Candidates candidates) {
        for (int i = 0; i < candidates.size(); i++) {
            if (predictions[candidates.slot(i)] != null) {
                return true;
            }
        }
        return false;
    }
}
