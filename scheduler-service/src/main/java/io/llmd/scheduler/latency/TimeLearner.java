package io.llmd.scheduler.latency;

import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Learns how long something takes on endpoints of one role from measured times, one after another: the factors of a step
 * model that all share, how single endpoints differ, what the sum cannot say, and how far off all that may be. For the thread
 * that learns; others read {@link #learned}.
 *
 * <p>Relative errors count: a prediction of 20 ms for 10 ms is as wrong as one of 2 s for 1 s. After a drift what was learned
 * stays the starting point but counts little.
 */
final class TimeLearner {

    /** Share of the times that are to stay within their bound. */
    static final double COVERAGE = 0.9;

    private static final double REMEMBERED = 0.998;
    private static final double RECENT_RATE = 0.05;
    private static final double ERROR_RATE = 0.02;
    private static final double AFTER_DRIFT = 0.02;

    /** Times below this are as hard to predict as this. */
    private static final double FLOOR_MILLIS = 1;

    private static final int SOLVE_EVERY = 4;
    private static final int SOLVE_ALWAYS_UNTIL = 64;
    private static final int LEVEL_EVERY = 64;

    /** Endpoints that are remembered; beyond it, those that were silent for longest are forgotten. */
    private static final int MOST_ENDPOINTS = 4096;

    private final StepTerms terms;
    private final ForgettingLeastSquares squares;
    private final Residuals residuals = new Residuals();
    private final Map<String, EndpointPace> paces = new ConcurrentHashMap<>();
    private final ConformalBound idleBound = new ConformalBound(COVERAGE);
    private final ConformalBound queuedBound = new ConformalBound(COVERAGE);
    private final DriftDetector drift = new DriftDetector(COVERAGE);
    private final double[] observed;
    private double recent;
    private double error;
    private long samples;
    private long drifts;

    TimeLearner(StepTerms terms) {
        this.terms = terms;
        squares = new ForgettingLeastSquares(terms.count(), REMEMBERED);
        observed = new double[terms.count()];
    }

    /**
     * Learns from a measured time.
     *
     * @param in what was known when the request was placed
     * @param millis the measured time, finite and more than 0
     * @param predicted what was predicted for it, 0 when nothing was
     * @param bound within which it should have stayed, 0 when nothing was predicted
     */
    void learn(String endpointId, LatencyInputs in, double millis, double predicted, double bound) {
        EndpointPace pace = pace(endpointId);
        double scale = pace.scale();
        terms.fill(in, pace.recent() == 0 ? recent : pace.recent() / scale, observed);
        double sum = Math.max(LearnedTime.LEAST_MILLIS, squares.sum(observed));
        int cell = Residuals.cell(in);
        double now = sum * scale * residuals.factor(cell);
        judge(in, millis, predicted > 0 ? predicted : now, bound);
        double wanted = millis / scale;
        squares.add(
                observed, wanted, 1 / (Math.max(wanted, FLOOR_MILLIS) * Math.max(usual(sum, wanted), FLOOR_MILLIS)));
        samples++;
        if (samples % SOLVE_EVERY == 0 || samples < SOLVE_ALWAYS_UNTIL) {
            squares.solve();
        }
        if (samples > terms.count()) {
            residuals.add(cell, Math.log(millis / (sum * scale)));
            pace.add(millis, Math.log(millis / (sum * residuals.factor(cell))), samples);
        }
        recent = recent == 0 ? wanted : recent + RECENT_RATE * (wanted - recent);
        if (samples % LEVEL_EVERY == 0) {
            level();
        }
    }

    /** What paces have in common goes into the factors, or it would wander, and endpoints that are new would not have it. */
    private void level() {
        double sum = 0;
        double weights = 0;
        for (EndpointPace pace : paces.values()) {
            sum += Math.log(pace.scale());
            weights += pace.weight();
        }
        if (weights == 0) {
            return;
        }
        double log = sum / weights;
        paces.values().forEach(pace -> pace.shift(log));
        squares.rescale(Math.exp(log), terms.recentTerm());
        recent *= Math.exp(log);
    }

    /** The sum once it means something, so that long times count neither more nor less than short ones. */
    private double usual(double sum, double wanted) {
        return samples < SOLVE_ALWAYS_UNTIL ? wanted : sum;
    }

    private void judge(LatencyInputs in, double millis, double predicted, double bound) {
        if (samples < SOLVE_ALWAYS_UNTIL) {
            return;
        }
        ConformalBound conformal = in.isQueued() ? queuedBound : idleBound;
        boolean isCovered = millis <= (bound > 0 ? bound : predicted * conformal.factor());
        conformal.add(millis / predicted, isCovered);
        error += ERROR_RATE * (Math.abs(predicted - millis) / millis - error);
        if (drift.add(isCovered)) {
            drifts++;
            squares.forget(AFTER_DRIFT);
            residuals.forget();
            paces.values().forEach(EndpointPace::forget);
            idleBound.forget();
            queuedBound.forget();
        }
    }

    private EndpointPace pace(String endpointId) {
        EndpointPace known = paces.get(endpointId);
        if (known != null) {
            return known;
        }
        if (paces.size() >= MOST_ENDPOINTS) {
            paces.entrySet().stream()
                    .min(Comparator.comparingLong(entry -> entry.getValue().lastSample()))
                    .ifPresent(entry -> paces.remove(entry.getKey()));
        }
        EndpointPace pace = new EndpointPace();
        paces.put(endpointId, pace);
        return pace;
    }

    /** What is known now, for other threads. */
    LearnedTime learned() {
        return new LearnedTime(
                terms,
                squares.factors(),
                residuals.factors(),
                paces,
                recent,
                idleBound.factor(),
                queuedBound.factor(),
                samples);
    }

    long samples() {
        return samples;
    }

    /** Smoothed share of times that stayed within their bound. */
    double coverage() {
        return drift.coverage();
    }

    /** Smoothed relative error of predictions. */
    double error() {
        return error;
    }

    /** How often the world has changed. */
    long drifts() {
        return drifts;
    }
}
