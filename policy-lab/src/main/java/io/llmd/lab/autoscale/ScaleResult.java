package io.llmd.lab.autoscale;

import java.util.List;

/**
 * What one run gave.
 *
 * @param workload id of its workload
 * @param contestant who decided
 * @param setting with which setting
 * @param seed of everything random
 * @param requests that came
 * @param good those that kept what they were promised; rejected and unfinished ones did not
 * @param goodByTier shares of good ones, by tier; NaN without requests
 * @param replicaHours of all replicas, from being asked for to being gone
 * @param acceleratorHours the same, of accelerators
 * @param cost the same, in money
 * @param waitedSeconds seconds with more than two requests waiting in the router
 * @param events changes of the number that was asked for
 * @param turns changes of their direction
 * @param most largest number that was asked for
 * @param firstToken99 99th percentile of times to first token of those that got one, in seconds
 * @param recovery seconds from a jump of the rate until nothing waited for a minute; NaN without a jump
 * @param detection seconds from a jump until more was asked for; NaN without a jump, or when nothing was
 * @param unexplained decisions without an explanation
 * @param slowestMillis longest decision, on this machine's clock; the only figure that depends on it
 * @param series replicas and requests over time
 */
public record ScaleResult(
        String workload,
        String contestant,
        String setting,
        long seed,
        long requests,
        long good,
        List<Double> goodByTier,
        double replicaHours,
        double acceleratorHours,
        double cost,
        double waitedSeconds,
        int events,
        int turns,
        int most,
        double firstToken99,
        double recovery,
        double detection,
        int unexplained,
        double slowestMillis,
        Series series) {

    public ScaleResult {
        goodByTier = List.copyOf(goodByTier);
    }

    /** Share of the requests that kept what they were promised. */
    public double attainment() {
        return requests == 0 ? Double.NaN : good / (double) requests;
    }

    /** Mean number of replicas. */
    public double replicas() {
        return replicaHours * 3_600 / series.seconds();
    }

    /**
     * A run over time, a point every {@code step} seconds. Arrays are not copied and not written.
     *
     * @param step seconds
     * @param paid replicas that are paid for
     * @param ready replicas that are ready
     * @param asked replicas that are asked for
     * @param rate requests a second
     * @param queued requests that wait in the router
     */
    public record Series(int step, float[] paid, float[] ready, float[] asked, float[] rate, float[] queued) {

        double seconds() {
            return (double) step * paid.length;
        }
    }
}
