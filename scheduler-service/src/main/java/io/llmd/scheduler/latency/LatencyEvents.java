package io.llmd.scheduler.latency;

import io.llmd.scheduler.latency.LatencySample.Kind;

/** Hears of predictions in process and of how good they were. Safe from any thread; must not block or throw. */
public interface LatencyEvents {

    /** Hears nothing. */
    LatencyEvents NONE = new LatencyEvents() {
        @Override
        public void predicted(String plugin, long nanos, boolean withOutput) {}

        @Override
        public void measured(String plugin, MeasuredLatency measured, double coverage) {}

        @Override
        public void drifted(String plugin, Kind kind) {}

        @Override
        public void dropped(String plugin) {}
    };

    /** All candidates of a decision were predicted in so many nanoseconds, their times per output token too or not. */
    void predicted(String plugin, long nanos, boolean withOutput);

    /**
     * A time was measured.
     *
     * @param coverage smoothed share of the times of its kind and role that stayed within their bounds
     */
    void measured(String plugin, MeasuredLatency measured, double coverage);

    /** What was learned did not hold any more and counts little from now on. */
    void drifted(String plugin, Kind kind);

    /** A measured time was not learned from: too many waited, or it made no sense. */
    void dropped(String plugin);
}
