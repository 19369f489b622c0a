package io.llmd.autoscaler.analyzer;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** How much slower single instances are than the parameters that they share. For one thread. */
final class InstanceOffsets {

    private static final int KEPT = 64;
    private static final int LEAST = 8;
    private static final double WINDOW_SECONDS = 600;
    private static final double SLOW = 1.2;

    private record Ratio(double atSeconds, double value) {}

    private final Map<String, Deque<Ratio>> ratios = new HashMap<>();

    /** Notes that an instance took {@code ratio} times the predicted time. */
    void note(String instance, double atSeconds, double ratio) {
        Deque<Ratio> kept = ratios.computeIfAbsent(instance, name -> new ArrayDeque<>());
        kept.addLast(new Ratio(atSeconds, ratio));
        while (kept.size() > KEPT || kept.getFirst().atSeconds() < atSeconds - WINDOW_SECONDS) {
            kept.removeFirst();
        }
    }

    /** Forgets instances of which nothing was heard since. */
    void forgetBefore(double seconds) {
        ratios.values().removeIf(kept -> kept.getLast().atSeconds() < seconds);
    }

    /** Median of the instance by the median of all instances; 1 as long as little is known, or of a single instance. */
    double of(String instance) {
        Deque<Ratio> own = ratios.get(instance);
        if (own == null || own.size() < LEAST || ratios.size() < 2) {
            return 1;
        }
        double[] medians = ratios.values().stream()
                .filter(each -> each.size() >= LEAST)
                .mapToDouble(InstanceOffsets::median)
                .toArray();
        Arrays.sort(medians);
        // Of two, the lower: the faster one shows what the hardware can do.
        double usual = medians[(medians.length - 1) / 2];
        return median(own) / usual;
    }

    private static double median(Deque<Ratio> ratios) {
        double[] sorted = ratios.stream().mapToDouble(Ratio::value).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    boolean isSlow(String instance) {
        return of(instance) > SLOW;
    }

    /** What instances are worth: 1 each, less for slow ones. */
    double supply(Collection<String> instances) {
        double supply = 0;
        for (String instance : instances) {
            double offset = of(instance);
            supply += offset > SLOW ? 1 / offset : 1;
        }
        return supply;
    }
}
