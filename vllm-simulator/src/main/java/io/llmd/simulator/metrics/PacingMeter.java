package io.llmd.simulator.metrics;

import io.llmd.simulator.metrics.Exposition.Labels;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * How long after its time in the engine a streamed token is handed to its connection. Observed by event loops, read by
 * scrapes, without a lock.
 */
public final class PacingMeter {
    private static final String NAME = "sim_pacing_error_seconds";
    private static final double NANOS = 1e9;
    private static final double[] BOUNDS = {
        .00005, .0001, .00025, .0005, .001, .002, .003, .004, .005, .0075, .01, .02, .05, .1, 1
    };

    private final LongAdder[] counts = new LongAdder[BOUNDS.length + 1];
    private final LongAdder sumNanos = new LongAdder();

    public PacingMeter() {
        for (int i = 0; i < counts.length; i++) {
            counts[i] = new LongAdder();
        }
    }

    /** Notes one hand-over. */
    public void observe(long nanosLate) {
        double seconds = nanosLate / NANOS;
        int bucket = 0;
        while (bucket < BOUNDS.length && seconds > BOUNDS[bucket]) {
            bucket++;
        }
        counts[bucket].increment();
        sumNanos.add(nanosLate);
    }

    /** The exposition. */
    public String scrape() {
        long[] sums = new long[counts.length];
        for (int i = 0; i < counts.length; i++) {
            sums[i] = counts[i].sum();
        }
        Histogram.Counts copy = new Histogram.Counts(BOUNDS, sums, sumNanos.sum() / NANOS);
        return new Exposition()
                .meter(NAME, "histogram", "How late streamed tokens reach their connection.")
                .histogram(NAME, Labels.of(Map.of()), copy)
                .toString();
    }
}
