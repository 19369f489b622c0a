package io.llmd.launcher.bench;

import java.time.Duration;
import java.util.List;

/**
 * How a run is made.
 *
 * @param rounds times that every contender is measured with every workload
 * @param window measured part of one measurement
 * @param connections of the short and the unpaced workload
 * @param streams connections of the paced workload
 * @param pace between two events of a paced stream
 * @param warmUp least load before the first measurement of a JVM; others get a tenth of it
 * @param workloads what is measured
 */
record BenchSettings(
        int rounds,
        Duration window,
        int connections,
        int streams,
        Duration pace,
        Duration warmUp,
        List<Workload> workloads) {

    /** So many long prompts at a time keep every contender busy. */
    private static final int LONG_CONNECTIONS = 16;

    BenchSettings {
        atLeast("rounds", rounds, 1);
        atLeast("connections", connections, 1);
        atLeast("streams", streams, 1);
        atLeast("window in milliseconds", window.toMillis(), 100);
        atLeast("pace in milliseconds", pace.toMillis(), 1);
        atLeast("warm-up in milliseconds", warmUp.toMillis(), 0);
        workloads = List.copyOf(workloads);
        if (workloads.contains(Workload.HALF) && !workloads.contains(Workload.SHORT)) {
            throw new IllegalArgumentException("workload half (expected: with short, whose rate it halves)");
        }
    }

    private static void atLeast(String what, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(what + ": " + value + " (expected: >= " + least + ")");
        }
    }

    /** Connections that a workload uses. */
    int connections(Workload workload) {
        return switch (workload) {
            case SHORT, UNPACED, HALF -> connections;
            case LONG -> Math.min(connections, LONG_CONNECTIONS);
            case PACED -> streams;
            case SINGLE -> 1;
        };
    }

    /** Time between two events that the endpoints keep during a workload. */
    Duration pace(Workload workload) {
        return workload == Workload.PACED ? pace : Duration.ZERO;
    }
}
