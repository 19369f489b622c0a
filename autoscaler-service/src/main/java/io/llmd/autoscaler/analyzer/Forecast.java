package io.llmd.autoscaler.analyzer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The rate to provide for when what is started now becomes ready (specs/autoscaling.md 3.9). Predictors have to earn their
 * place: one is listened to only while its error is below that of the last value, and nothing here ever lowers a target. For
 * one thread.
 */
public final class Forecast {

    /** Error, by that of the last value, below which a predictor is listened to. */
    public static final double USEFUL = 0.95;

    private static final double CAP = 1.5;
    private static final double SEASONAL_CAP = 2.0;
    private static final double SEASONAL_USEFUL = 0.7;
    private static final int SCORED = 240;
    private static final int LEAST_SCORES = 30;

    /** Why the upper rate is what it is. */
    public enum Reason {
        /** The growth that was observed in the last day. */
        GROWTH_QUANTILE,
        /** A predictor that has shown its skill. */
        PREDICTOR,
        /** A predictor was asked and has not: the growth that was observed stands. */
        FORECAST_NO_SKILL,
        /** More than the cap allows. */
        CAPPED
    }

    /**
     * The rate to provide for.
     *
     * @param rate requests a second, never below the present one
     * @param skill 1 minus the error of the best predictor by that of the last value; NaN without any
     * @param predictor its name, empty when none is listened to
     */
    public record Upper(double rate, double skill, String predictor, Reason reason) {}

    private static final class Scored {
        private final Predictor predictor;
        private final Deque<double[]> open = new ArrayDeque<>();
        private final Deque<Double> errors = new ArrayDeque<>();

        private Scored(Predictor predictor) {
            this.predictor = predictor;
        }
    }

    private final int horizon;
    private final List<Scored> scored;
    private final Deque<double[]> naive = new ArrayDeque<>();
    private final Deque<Double> naiveErrors = new ArrayDeque<>();
    private long interval;

    /**
     * Scores predictors against the last value.
     *
     * @param horizonIntervals intervals between a decision and the readiness of what it starts, at least 1
     */
    public Forecast(int horizonIntervals, List<Predictor> predictors) {
        horizon = Math.max(1, horizonIntervals);
        scored = predictors.stream().map(Scored::new).toList();
    }

    /** Takes the rate of another interval. */
    public void add(double rate) {
        interval++;
        settle(naive, naiveErrors, rate);
        naive.addLast(new double[] {interval + horizon, rate});
        for (Scored each : scored) {
            settle(each.open, each.errors, rate);
            each.predictor.add(rate);
            double predicted = each.predictor.predict(horizon);
            if (!Double.isNaN(predicted)) {
                each.open.addLast(new double[] {interval + horizon, predicted});
            }
        }
    }

    private void settle(Deque<double[]> open, Deque<Double> errors, double rate) {
        while (!open.isEmpty() && open.getFirst()[0] <= interval) {
            double[] due = open.removeFirst();
            if (due[0] == interval) {
                errors.addLast(Math.abs(due[1] - rate));
                if (errors.size() > SCORED) {
                    errors.removeFirst();
                }
            }
        }
    }

    /** Error of a predictor by that of the last value; NaN before enough of it was scored. */
    public double scaledError(String predictor) {
        for (Scored each : scored) {
            if (each.predictor.name().equals(predictor) && each.errors.size() >= LEAST_SCORES) {
                double base = lastMean(naiveErrors, each.errors.size());
                return base == 0 ? Double.NaN : lastMean(each.errors, each.errors.size()) / base;
            }
        }
        return Double.NaN;
    }

    private static double lastMean(Deque<Double> errors, int count) {
        return errors.stream()
                .skip(Math.max(0, errors.size() - count))
                .mapToDouble(Double::doubleValue)
                .average()
                .orElse(Double.NaN);
    }

    /**
     * The rate to provide for.
     *
     * @param now present rate, with what chance may add
     * @param last60 mean rate of the last minute, of which the cap is a multiple
     * @param growth growth that was observed, as {@link GrowthQuantile} says it
     */
    public Upper upper(double now, double last60, double growth) {
        double observed = now * Math.max(1, growth);
        Scored best = null;
        double bestError = Double.POSITIVE_INFINITY;
        for (Scored each : scored) {
            double error = scaledError(each.predictor.name());
            if (error < bestError) {
                bestError = error;
                best = each;
            }
        }
        if (best == null) {
            return capped(now, last60, observed, Double.NaN, "", Reason.GROWTH_QUANTILE, CAP);
        }
        double predicted = best.predictor.predict(horizon);
        return weigh(now, last60, observed, bestError, predicted, best.predictor.name());
    }

    /** The same with an error and a prediction at hand. */
    static Upper weigh(double now, double last60, double observed, double error, double predicted, String name) {
        if (!(error < USEFUL) || Double.isNaN(predicted)) {
            return capped(now, last60, observed, 1 - error, "", Reason.FORECAST_NO_SKILL, CAP);
        }
        boolean isPredicted = predicted > observed;
        return capped(
                now,
                last60,
                Math.max(observed, predicted),
                1 - error,
                name,
                isPredicted ? Reason.PREDICTOR : Reason.GROWTH_QUANTILE,
                error < SEASONAL_USEFUL && name.startsWith("seasonal") ? SEASONAL_CAP : CAP);
    }

    private static Upper capped(
            double now, double last60, double wanted, double skill, String name, Reason reason, double cap) {
        double limit = Math.max(now, cap * last60);
        return wanted > limit
                ? new Upper(limit, skill, name, Reason.CAPPED)
                : new Upper(Math.max(now, wanted), skill, name, reason);
    }
}
