package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;

/** Engine readings of all candidates, where no data is neither good nor bad. */
final class Readings {

    private Readings() {}

    /**
     * Writes the reading of each candidate; one that is stale or was never scraped gets the median of the fresh ones.
     *
     * @param values receives the readings at the candidates' positions
     * @return whether anything is known; else {@code values} is unchanged
     * @implNote O(n) and no allocation while all are fresh
     */
    static boolean read(Candidates candidates, ToDoubleFunction<Endpoint> reading, double[] values) {
        int size = candidates.size();
        int fresh = 0;
        for (int i = 0; i < size; i++) {
            if (isFresh(candidates.get(i), reading)) {
                fresh++;
            }
        }
        if (fresh == 0) {
            return false;
        }
        double median = fresh == size ? Double.NaN : median(candidates, reading, fresh);
        for (int i = 0; i < size; i++) {
            Endpoint endpoint = candidates.get(i);
            values[i] = isFresh(endpoint, reading) ? reading.applyAsDouble(endpoint) : median;
        }
        return true;
    }

    private static boolean isFresh(Endpoint endpoint, ToDoubleFunction<Endpoint> reading) {
        return endpoint.fresh() && endpoint.metrics().isKnown() && !Double.isNaN(reading.applyAsDouble(endpoint));
    }

    private static double median(Candidates candidates, ToDoubleFunction<Endpoint> reading, int fresh) {
        double[] sorted = new double[fresh];
        int count = 0;
        for (int i = 0; i < candidates.size(); i++) {
            Endpoint endpoint = candidates.get(i);
            if (isFresh(endpoint, reading)) {
                sorted[count++] = reading.applyAsDouble(endpoint);
            }
        }
        Arrays.sort(sorted);
        return (sorted[(fresh - 1) / 2] + sorted[fresh / 2]) / 2;
    }

    /** Replaces values by scores: the lowest 1, the highest 0, linear between; all equal score 1. */
    static void lowestIsBest(double[] values) {
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        for (double value : values) {
            min = Math.min(min, value);
            max = Math.max(max, value);
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = max == min ? 1.0 : (max - values[i]) / (max - min);
        }
    }
}
