package io.llmd.scheduler.observe;

import io.llmd.scheduler.scheduling.Endpoint;
import java.util.function.ToDoubleFunction;

/**
 * Mean and standard deviation of a reading over the endpoints with fresh metrics; both NaN when there is none.
 *
 * @param mean the mean
 * @param standardDeviation of the whole, not of a sample
 */
record PoolStatistics(double mean, double standardDeviation) {

    static PoolStatistics of(Endpoint[] endpoints, ToDoubleFunction<Endpoint> reading) {
        double sum = 0;
        double squares = 0;
        int count = 0;
        for (Endpoint endpoint : endpoints) {
            if (endpoint.fresh()) {
                double value = reading.applyAsDouble(endpoint);
                sum += value;
                squares += value * value;
                count++;
            }
        }
        if (count == 0) {
            return new PoolStatistics(Double.NaN, Double.NaN);
        }
        double mean = sum / count;
        return new PoolStatistics(mean, Math.sqrt(Math.max(0, squares / count - mean * mean)));
    }
}
