package io.llmd.scheduler.latency;

import java.util.Map;

/**
 * How long something takes, as far as learned at one moment. Immutable, but for the endpoints' paces, which follow.
 *
 * @param terms what times are sums of
 * @param factors of each term
 * @param residuals factor of each situation, see {@link Residuals}
 * @param paces how single endpoints differ; a concurrent map
 * @param recent what it took of late on all endpoints
 * @param idleBound how many times a prediction the time is at most where nothing is queued
 * @param queuedBound the same where something is
 * @param samples how many times were learned from
 */
record LearnedTime(
        StepTerms terms,
        double[] factors,
        double[] residuals,
        Map<String, EndpointPace> paces,
        double recent,
        double idleBound,
        double queuedBound,
        long samples) {

    /** No prediction is less, in milliseconds. */
    static final double LEAST_MILLIS = 0.01;

    /** Milliseconds to be expected. O(1), no allocation. */
    double millis(String endpointId, LatencyInputs in) {
        EndpointPace pace = paces.get(endpointId);
        double scale = pace == null ? 1 : pace.scale();
        double lately = pace == null || pace.recent() == 0 ? recent : pace.recent() / scale;
        double sum = Math.max(LEAST_MILLIS, terms.sum(in, lately, factors));
        return sum * scale * residuals[Residuals.cell(in)];
    }

    /** Milliseconds within which it stays with the wanted probability, of those to be expected. */
    double bound(LatencyInputs in, double millis) {
        return millis * (in.isQueued() ? queuedBound : idleBound);
    }
}
