package io.llmd.lab.predictor;

import io.llmd.scheduler.latency.LatencyEvents;
import io.llmd.scheduler.latency.LatencySample.Kind;
import io.llmd.scheduler.latency.MeasuredLatency;
import java.util.ArrayList;
import java.util.List;

/** Keeps measured latencies in the order in which they were measured. For the thread of one simulation. */
final class SampleTap implements LatencyEvents {

    private final List<MeasuredLatency> samples = new ArrayList<>();
    private int drifts;

    @Override
    public void predicted(String plugin, long nanos, boolean withOutput) {}

    @Override
    public void measured(String plugin, MeasuredLatency measured, double coverage) {
        samples.add(measured);
    }

    @Override
    public void drifted(String plugin, Kind kind) {
        drifts++;
    }

    @Override
    public void dropped(String plugin) {
        throw new IllegalStateException("a latency was dropped although it is learned from at once");
    }

    List<MeasuredLatency> of(Kind kind) {
        return samples.stream()
                .filter(measured -> measured.sample().kind() == kind)
                .toList();
    }

    int drifts() {
        return drifts;
    }
}
