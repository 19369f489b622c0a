package io.llmd.scheduler.datalayer;

import io.llmd.metrics.page.MetricSpec;
import io.llmd.metrics.page.PrometheusReader;
import io.llmd.metrics.page.SampleLine;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Takes the use of the busiest GPU of one replica out of pages of NVIDIA's DCGM exporter, as a share in [0, 1]. Series that
 * name another replica in their label {@code pod} are left out; those without the label count.
 */
public final class GpuUtilizationReader implements PageReader {

    private static final MetricSpec UTILIZATION = MetricSpec.parse("DCGM_FI_DEV_GPU_UTIL");
    private static final double PERCENT = 100;

    private final String replica;
    private final List<String> keys;
    private final PrometheusReader page =
            new PrometheusReader.Builder().want(UTILIZATION, this::take).build();
    private double highest = Double.NaN;

    /**
     * A reader.
     *
     * @param replica name of the replica
     * @param keys where the share is stored, {@code type/producer}
     */
    public GpuUtilizationReader(String replica, List<String> keys) {
        this.replica = replica;
        this.keys = List.copyOf(keys);
    }

    private void take(SampleLine sample) {
        String pod = sample.label("pod");
        double value = sample.value(0, PERCENT);
        boolean isOurs = pod == null || pod.isEmpty() || pod.equals(replica);
        if (isOurs && (Double.isNaN(highest) || value > highest)) {
            highest = value;
        }
    }

    @Override
    public void reset() {
        page.reset();
        highest = Double.NaN;
    }

    @Override
    public void feed(byte[] bytes, int from, int to) {
        page.feed(bytes, from, to);
    }

    @Override
    public Reading finish(long nowNanos) {
        page.end();
        if (Double.isNaN(highest)) {
            return Reading.of(Map.of(), List.of(UTILIZATION.toString()));
        }
        Map<String, Object> attributes = new HashMap<>();
        keys.forEach(key -> attributes.put(key, highest / PERCENT));
        return Reading.of(attributes, List.of());
    }
}
