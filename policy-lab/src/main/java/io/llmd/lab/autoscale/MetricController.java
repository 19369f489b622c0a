package io.llmd.lab.autoscale;

/** A contestant that is one metric, looked at now and then, and whoever asks for replicas by it. For one thread. */
final class MetricController implements Controller {

    /** The metric, in replicas. */
    @FunctionalInterface
    interface Metric {

        /** NaN where nothing can be said. */
        double wanted(Cluster cluster, double now);
    }

    private final int periodSeconds;
    private final Metric metric;
    private final Actuation actuation;
    private double wanted = Double.NaN;

    MetricController(int periodSeconds, Metric metric, Actuation actuation) {
        this.periodSeconds = periodSeconds;
        this.metric = metric;
        this.actuation = actuation;
    }

    @Override
    public void second(Cluster cluster, double now) {
        if (now % periodSeconds == 0) {
            wanted = cluster.isBlind() ? Double.NaN : metric.wanted(cluster, now);
        }
    }

    @Override
    public double wanted(int kind) {
        return wanted;
    }

    @Override
    public Actuation actuation() {
        return actuation;
    }
}
