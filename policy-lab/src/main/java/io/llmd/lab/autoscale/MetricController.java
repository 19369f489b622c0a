package io.llmd.lab.autoscale;

import java.util.Arrays;
import java.util.List;

/** A contestant that is one metric for each variant, looked at now and then, and whoever asks for replicas by it. For one thread. */
final class MetricController implements Controller {

    /** The metric, in replicas. */
    @FunctionalInterface
    interface Metric {

        /** NaN where nothing can be said. */
        double wanted(Cluster cluster, double now);
    }

    private final int periodSeconds;
    private final List<Metric> metrics;
    private final Actuation actuation;
    private final double[] wanted;

    /** For the first variant. */
    MetricController(int periodSeconds, Metric metric, Actuation actuation) {
        this(periodSeconds, List.of(metric), actuation);
    }

    /** @param metrics by variant */
    MetricController(int periodSeconds, List<Metric> metrics, Actuation actuation) {
        this.periodSeconds = periodSeconds;
        this.metrics = List.copyOf(metrics);
        this.actuation = actuation;
        wanted = new double[metrics.size()];
        Arrays.fill(wanted, Double.NaN);
    }

    @Override
    public void second(Cluster cluster, double now) {
        if (now % periodSeconds == 0) {
            for (int k = 0; k < wanted.length; k++) {
                wanted[k] = cluster.isBlind() ? Double.NaN : metrics.get(k).wanted(cluster, now);
            }
        }
    }

    @Override
    public double wanted(int kind) {
        return wanted[kind];
    }

    @Override
    public Actuation actuation() {
        return actuation;
    }
}
