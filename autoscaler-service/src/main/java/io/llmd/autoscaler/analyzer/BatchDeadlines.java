package io.llmd.autoscaler.analyzer;

import java.util.Comparator;
import java.util.List;

/**
 * How many more replicas work that can wait needs, so that all of it is done when it is due (specs/autoscaling.md 3.6): earliest
 * deadline first, on what others leave free before anything is started for it. Pure functions; times in seconds.
 */
public final class BatchDeadlines {

    private static final double USABLE = 0.85;

    /**
     * Work that is due together.
     *
     * @param dueSeconds when, from now on; past when negative
     * @param items how many
     */
    public record Work(double dueSeconds, double items) {}

    /**
     * What to do.
     *
     * @param fraction replicas needed, before rounding
     * @param replicas replicas to start now; 0 as long as waiting is safe
     * @param latestStart seconds from now when the first has to be asked for; infinity when none ever has
     */
    public record Need(double fraction, int replicas, double latestStart) {

        /**
         * Replicas with some there already that are beyond what other work takes: what was begun is not given up before it is done, or
         * it would have to be begun again.
         */
        public int replicas(int present) {
            return Math.max(replicas, Math.min(present, (int) Math.ceil(fraction - 1e-9)));
        }
    }

    private BatchDeadlines() {}

    /**
     * The need of a queue of work.
     *
     * @param residual items a second that running replicas can do beside other work
     * @param perReplica items a second of one replica
     * @param coldSeconds time until a replica that is asked for now is ready
     */
    public static Need need(List<Work> queue, double residual, double perReplica, double coldSeconds) {
        List<Work> ordered = queue.stream()
                .sorted(Comparator.comparingDouble(Work::dueSeconds))
                .toList();
        double items = 0;
        double fraction = 0;
        double latest = Double.POSITIVE_INFINITY;
        for (Work work : ordered) {
            items += work.items();
            double left = items - Math.max(0, residual) * Math.max(0, work.dueSeconds());
            if (left > 0) {
                double window = Math.max(1, work.dueSeconds() - coldSeconds);
                fraction = Math.max(fraction, left / (perReplica * window));
                latest = Math.min(latest, work.dueSeconds() - coldSeconds - left / (perReplica * USABLE));
            }
        }
        boolean isDue = latest <= 1e-6;
        return new Need(fraction, isDue ? (int) Math.max(1, Math.ceil(fraction - 1e-9)) : 0, latest);
    }
}
