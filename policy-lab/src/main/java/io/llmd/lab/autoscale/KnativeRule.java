package io.llmd.lab.autoscale;

import java.util.ArrayDeque;
import java.util.Deque;

/** Knative's pod autoscaler: mean concurrency of a minute, and of six seconds in panic, when nothing goes down. For one thread. */
final class KnativeRule implements MetricController.Metric {

    private static final double STABLE = 60;
    private static final double PANIC = 6;
    private static final double FASTEST_DOWN = 2;

    private record At(double seconds, double value) {}

    private final double target;
    private final Deque<At> samples = new ArrayDeque<>();
    private double panicUntil = Double.NEGATIVE_INFINITY;
    private double panicNumber;

    KnativeRule(double target) {
        this.target = target;
    }

    @Override
    public double wanted(Cluster cluster, double now) {
        samples.addLast(new At(now, Signals.inFlight(cluster.live())));
        while (samples.getFirst().seconds() <= now - STABLE) {
            samples.removeFirst();
        }
        int ready = Math.max(1, cluster.ready(0));
        double stable = Math.ceil(mean(now - STABLE) / target);
        double panic = Math.ceil(mean(now - PANIC) / target);
        if (panic / ready >= 2) {
            panicUntil = now + STABLE;
        }
        double least = Math.floor(ready / FASTEST_DOWN);
        if (now < panicUntil) {
            panicNumber = Math.max(panicNumber, Math.max(stable, panic));
            return Math.max(least, panicNumber);
        }
        panicNumber = 0;
        return Math.max(least, stable);
    }

    private double mean(double after) {
        double sum = 0;
        int count = 0;
        for (At each : samples) {
            if (each.seconds() > after) {
                sum += each.value();
                count++;
            }
        }
        return count == 0 ? 0 : sum / count;
    }
}
