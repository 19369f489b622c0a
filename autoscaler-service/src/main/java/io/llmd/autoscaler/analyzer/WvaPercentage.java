package io.llmd.autoscaler.analyzer;

import java.util.List;

/**
 * llm-d's first saturation analyzer, for comparison (specs/autoscaling.md 1.7): spare memory and spare queue of replicas that
 * are not saturated, one replica more or less in a cycle. Pure functions.
 */
public final class WvaPercentage {

    private static final double FULL = 0.80;
    private static final double LONG_QUEUE = 5;
    private static final double SPARE_MEMORY = 0.10;
    private static final double SPARE_QUEUE = 3;

    /** Use of the memory for keys and values, in [0, 1], and waiting requests of a replica. */
    public record Replica(double memory, double queue) {}

    /**
     * What the analyzer finds.
     *
     * @param spareMemory mean over replicas that are not saturated
     * @param spareQueue the same
     * @param change 1, -1 or 0
     */
    public record Finding(double spareMemory, double spareQueue, int change) {}

    private WvaPercentage() {}

    /** Looks at the replicas of a model. */
    public static Finding analyze(List<Replica> replicas) {
        List<Replica> calm = replicas.stream()
                .filter(each -> each.memory() < FULL && each.queue() < LONG_QUEUE)
                .toList();
        double memory = mean(calm, true);
        double queue = mean(calm, false);
        double spareMemory = calm.isEmpty() ? 0 : FULL - memory;
        double spareQueue = calm.isEmpty() ? 0 : LONG_QUEUE - queue;
        if (spareMemory < SPARE_MEMORY || spareQueue < SPARE_QUEUE) {
            return new Finding(spareMemory, spareQueue, 1);
        }
        double share = calm.size() < 2 ? Double.POSITIVE_INFINITY : calm.size() / (calm.size() - 1.0);
        boolean isSafe = FULL - memory * share >= SPARE_MEMORY && LONG_QUEUE - queue * share >= SPARE_QUEUE;
        return new Finding(spareMemory, spareQueue, isSafe && calm.size() >= 2 ? -1 : 0);
    }

    private static double mean(List<Replica> replicas, boolean isMemory) {
        return replicas.stream()
                .mapToDouble(each -> isMemory ? each.memory() : each.queue())
                .average()
                .orElse(0);
    }
}
