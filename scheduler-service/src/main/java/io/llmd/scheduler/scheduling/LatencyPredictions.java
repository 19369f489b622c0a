package io.llmd.scheduler.scheduling;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Column of predicted latencies: per slot what the request would take there, where that is known. Written by the producer, then
 * read by the deciding thread.
 */
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

    private static final int TIMES = 6;
    private static final int FIRST_TOKEN = 0;
    private static final int OUTPUT_TOKEN = 1;
    private static final int FIRST_TOKEN_HEADROOM = 2;
    private static final int OUTPUT_TOKEN_HEADROOM = 3;
    private static final int FIRST_TOKEN_BOUND = 4;
    private static final int OUTPUT_TOKEN_BOUND = 5;

    private static final byte KNOWN = 1;
    private static final byte MEETS_FIRST_TOKEN = 2;
    private static final byte MEETS_OUTPUT_TOKEN = 4;

    private final double[] times;
    private final int[] dispatched;
    private final byte[] flags;
    private @Nullable String missing;

    /** A column for {@code slotCount} endpoints, nothing known yet. */
    public LatencyPredictions(int slotCount) {
        times = new double[TIMES * slotCount];
        dispatched = new int[slotCount];
        flags = new byte[slotCount];
    }

    /** Records the prediction for one endpoint. */
    public void set(int slot, Prediction prediction) {
        set(
                slot,
                prediction.timeToFirstTokenMillis(),
                prediction.timePerOutputTokenMillis(),
                prediction.firstTokenHeadroomMillis(),
                prediction.outputTokenHeadroomMillis(),
                prediction.meetsFirstToken(),
                prediction.meetsOutputToken(),
                prediction.dispatchedRequests());
    }

    /** The same, number by number. */
    public void set(
            int slot,
            double firstTokenMillis,
            double outputTokenMillis,
            double firstTokenHeadroomMillis,
            double outputTokenHeadroomMillis,
            boolean meetsFirstToken,
            boolean meetsOutputToken,
            int dispatchedRequests) {
        int at = TIMES * slot;
        times[at + FIRST_TOKEN] = firstTokenMillis;
        times[at + OUTPUT_TOKEN] = outputTokenMillis;
        times[at + FIRST_TOKEN_HEADROOM] = firstTokenHeadroomMillis;
        times[at + OUTPUT_TOKEN_HEADROOM] = outputTokenHeadroomMillis;
        dispatched[slot] = dispatchedRequests;
        flags[slot] = (byte)
                (KNOWN | (meetsFirstToken ? MEETS_FIRST_TOKEN : 0) | (meetsOutputToken ? MEETS_OUTPUT_TOKEN : 0));
    }

    /** Records within what the times stay with the probability that the predictor aims at. */
    public void setBounds(int slot, double firstTokenMillis, double outputTokenMillis) {
        times[TIMES * slot + FIRST_TOKEN_BOUND] = firstTokenMillis;
        times[TIMES * slot + OUTPUT_TOKEN_BOUND] = outputTokenMillis;
    }

    /** Records that nothing is predicted for anybody, and why. */
    public void setMissing(String reason) {
        Arrays.fill(flags, (byte) 0);
        missing = reason;
    }

    /** Why nothing is predicted; null when nobody said so. */
    public @Nullable String missing() {
        return missing;
    }

    /** Within what the first token comes with the probability that the predictor aims at; 0 when it does not say. */
    public double firstTokenBoundMillis(int slot) {
        return times[TIMES * slot + FIRST_TOKEN_BOUND];
    }

    /** The same of the mean time per output token. */
    public double outputTokenBoundMillis(int slot) {
        return times[TIMES * slot + OUTPUT_TOKEN_BOUND];
    }

    /** The prediction for the endpoint, null when there is none. */
    public @Nullable Prediction at(int slot) {
        byte flag = flags[slot];
        if (flag == 0) {
            return null;
        }
        int at = TIMES * slot;
        return new Prediction(
                times[at + FIRST_TOKEN],
                times[at + OUTPUT_TOKEN],
                times[at + FIRST_TOKEN_HEADROOM],
                times[at + OUTPUT_TOKEN_HEADROOM],
                (flag & MEETS_FIRST_TOKEN) != 0,
                (flag & MEETS_OUTPUT_TOKEN) != 0,
                dispatched[slot]);
    }

    /** Whether any of the candidates has a prediction. */
    public boolean isAnyOf(Candidates candidates) {
        for (int i = 0; i < candidates.size(); i++) {
            if (flags[candidates.slot(i)] != 0) {
                return true;
            }
        }
        return false;
    }
}
