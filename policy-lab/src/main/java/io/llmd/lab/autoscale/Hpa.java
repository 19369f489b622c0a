package io.llmd.lab.autoscale;

import java.util.ArrayDeque;
import java.util.Deque;

/** The HorizontalPodAutoscaler of one kind: tolerance, windows and rates, as its controller computes them. For one thread. */
final class Hpa {

    private record At(double seconds, int replicas) {}

    private final Actuation actuation;
    private final PodKind kind;
    private final Deque<At> recommendations = new ArrayDeque<>();
    private final Deque<At> added = new ArrayDeque<>();
    private final Deque<At> removed = new ArrayDeque<>();

    Hpa(Actuation actuation, PodKind kind) {
        this.actuation = actuation;
        this.kind = kind;
        recommendations.add(new At(0, kind.initial()));
    }

    /** The number to ask for now. @param wanted NaN when it is not known, and then nothing changes */
    int sync(double wanted, int current, double now) {
        if (Double.isNaN(wanted)) {
            return current;
        }
        boolean isClose = current > 0 && Math.abs(wanted / current - 1) <= actuation.tolerance() + 1e-9;
        int raw = isClose ? current : (int) Math.min(1e6, Math.ceil(wanted - 1e-9));
        int recommended = Math.clamp(raw, kind.min(), kind.max());
        recommendations.addLast(new At(now, recommended));
        int number = rated(stabilized(recommended, current, now), current, now);
        if (number > current) {
            added.addLast(new At(now, number - current));
        } else if (number < current) {
            removed.addLast(new At(now, current - number));
        }
        return number;
    }

    private int stabilized(int recommended, int current, double now) {
        double longest =
                Math.max(actuation.up().windowSeconds(), actuation.down().windowSeconds());
        while (recommendations.getFirst().seconds() < now - longest && recommendations.size() > 1) {
            recommendations.removeFirst();
        }
        int upTo = recommended;
        int downTo = recommended;
        for (At each : recommendations) {
            if (each.seconds() > now - actuation.up().windowSeconds()) {
                upTo = Math.min(upTo, each.replicas());
            }
            if (each.seconds() > now - actuation.down().windowSeconds()) {
                downTo = Math.max(downTo, each.replicas());
            }
        }
        return Math.min(Math.max(current, upTo), downTo);
    }

    private int rated(int number, int current, double now) {
        if (number > current) {
            int start = current - sum(added, actuation.up().periodSeconds(), now);
            double most = Math.max(
                    start + (double) actuation.up().pods(),
                    Math.ceil(start * (1 + actuation.up().percent() / 100)));
            return (int) Math.min(number, Math.max(current, most));
        }
        if (number < current) {
            int start = current + sum(removed, actuation.down().periodSeconds(), now);
            double least = Math.min(
                    start - (double) actuation.down().pods(),
                    Math.floor(start * (1 - actuation.down().percent() / 100)));
            return (int) Math.max(number, Math.min(current, least));
        }
        return number;
    }

    private static int sum(Deque<At> events, double seconds, double now) {
        events.removeIf(each -> each.seconds() <= now - seconds);
        int sum = 0;
        for (At each : events) {
            sum += each.replicas();
        }
        return sum;
    }
}
