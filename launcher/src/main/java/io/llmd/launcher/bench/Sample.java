package io.llmd.launcher.bench;

import java.time.Duration;

/**
 * One measurement of one contender.
 *
 * @param round from 0
 * @param work requests or events in the window, see {@link Workload#unit}
 * @param cpuNanos CPU time of the contender's processes in the window
 * @param p50Nanos median time of an answer
 * @param p99Nanos 99th percentile of the time of an answer
 * @param foreignShare share of the machine's CPU time that others used
 * @param paceLag 99th percentile of the delay with which paced events left the endpoint; zero for other workloads
 */
record Sample(
        int round,
        String contender,
        Workload workload,
        long work,
        long cpuNanos,
        Duration window,
        long p50Nanos,
        long p99Nanos,
        double foreignShare,
        Duration paceLag) {

    private static final double MAX_FOREIGN_SHARE = 0.20;
    private static final Duration MAX_PACE_LAG = Duration.ofMillis(2);

    /** CPU time of one piece of work in microseconds. */
    double cpuMicros() {
        return cpuNanos / 1e3 / work;
    }

    /** Pieces of work in a second. */
    double rate() {
        return work * 1e9 / window.toNanos();
    }

    /** Whether the machine was quiet enough to trust the figures. */
    boolean isQuiet() {
        return foreignShare <= MAX_FOREIGN_SHARE && paceLag.compareTo(MAX_PACE_LAG) <= 0;
    }

    /** The one that was disturbed less. */
    static Sample quieter(Sample a, Sample b) {
        if (a.isQuiet() != b.isQuiet()) {
            return a.isQuiet() ? a : b;
        }
        return a.foreignShare <= b.foreignShare ? a : b;
    }
}
