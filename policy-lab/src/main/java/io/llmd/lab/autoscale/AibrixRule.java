package io.llmd.lab.autoscale;

/**
 * AIBrix's APA: the fill of the memory by its target, with tolerances of a tenth, at most twice as many at once and half as many,
 * and five minutes after any change before fewer are asked for. For one thread.
 */
final class AibrixRule implements MetricController.Metric {

    private static final double TOLERANCE = 0.1;
    private static final double COOL_DOWN = 300;

    private final double target;
    private double changedAt = Double.NEGATIVE_INFINITY;

    AibrixRule(double target) {
        this.target = target;
    }

    @Override
    public double wanted(Cluster cluster, double now) {
        double share = Signals.memory(cluster.scraped()) / target;
        int asked = cluster.asked(0);
        int ready = Math.max(1, cluster.ready(0));
        if (Double.isNaN(share)) {
            return Double.NaN;
        }
        double number = asked;
        if (share > 1 + TOLERANCE) {
            number = Math.max(asked, Math.min(2.0 * asked, Math.ceil(ready * share)));
        } else if (share < 1 - TOLERANCE && now - changedAt >= COOL_DOWN) {
            number = Math.max(Math.floor(asked / 2.0), Math.ceil(asked * share));
        }
        changedAt = number == asked ? changedAt : now;
        return number;
    }
}
