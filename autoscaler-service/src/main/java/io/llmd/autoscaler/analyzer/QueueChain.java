package io.llmd.autoscaler.analyzer;

import java.util.function.IntToDoubleFunction;

/**
 * A replica as a queue with a service rate that depends on how many requests it serves, and with room for so many more
 * (specs/autoscaling.md 3.3). O(room) time and memory; pure.
 */
public final class QueueChain {

    private static final double RESCALE = 1e250;

    /**
     * What the chain does in the long run.
     *
     * @param blocked share of arrivals that find no room
     * @param throughput requests a second that are served
     * @param waiting mean seconds before service
     * @param inService mean number served at a time
     * @param inSystem mean number served or waiting
     * @param total sum of all probabilities, 1 but for rounding
     */
    public record Steady(
            double blocked, double throughput, double waiting, double inService, double inSystem, double total) {}

    private QueueChain() {}

    /**
     * Solves the chain.
     *
     * @param rate arrivals a second
     * @param concurrency most requests served at a time
     * @param room most requests that wait beside them
     * @param serviceRate requests a second that are finished while n are served, 1 to {@code concurrency}
     */
    public static Steady solve(double rate, int concurrency, int room, IntToDoubleFunction serviceRate) {
        int states = concurrency + room;
        double[] weights = new double[states + 1];
        weights[0] = 1;
        double sum = 1;
        for (int n = 1; n <= states; n++) {
            weights[n] = weights[n - 1] * rate / serviceRate.applyAsDouble(Math.min(n, concurrency));
            sum += weights[n];
            if (sum > RESCALE) {
                for (int i = 0; i <= n; i++) {
                    weights[i] /= RESCALE;
                }
                sum /= RESCALE;
            }
        }
        double total = 0;
        double served = 0;
        double present = 0;
        for (int n = 0; n <= states; n++) {
            double probability = weights[n] / sum;
            total += probability;
            present += probability * n;
            served += probability * Math.min(n, concurrency);
        }
        double blocked = weights[states] / sum;
        double throughput = rate * (1 - blocked);
        double waiting = throughput == 0 ? 0 : Math.max(0, present - served) / throughput;
        return new Steady(blocked, throughput, waiting, served, present, total);
    }
}
