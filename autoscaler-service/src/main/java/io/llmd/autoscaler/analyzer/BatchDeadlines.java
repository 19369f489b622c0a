package io.llmd.autoscaler.analyzer;

import java.util.Comparator;
import java.util.List;

/**
 * How many more replicas work that can wait needs, so that all of it is done when it is due (specs/autoscaling.md 3.6): earliest
 * deadline first, on what others leave free before anything is started for it. What is due before anything that is started now is
 * ready is late whatever is done: it is a backlog, and worked off in as much time as one may take. Pure functions; times in seconds.
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
     * What can be done about it.
     *
     * @param residual items a second that running replicas can do beside other work
     * @param perReplica items a second of one replica
     * @param coldSeconds time until a replica that is asked for now is ready
     * @param drainSeconds time in which work that is late has to be worked off from then on
     */
    public record Supply(double residual, double perReplica, double coldSeconds, double drainSeconds) {

        boolean isLate(Work work) {
            return work.dueSeconds() <= coldSeconds;
        }

        /** When it has to be done. */
        double end(Work work) {
            return isLate(work) ? coldSeconds + drainSeconds : work.dueSeconds();
        }

        /** For how long replicas can do something for what has to be done then: not less than their start takes. */
        double window(double end) {
            return Math.max(Math.max(1, coldSeconds), end - coldSeconds);
        }
    }

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

    /** The need of a queue of work. */
    public static Need need(List<Work> queue, Supply supply) {
        List<Work> ordered =
                queue.stream().sorted(Comparator.comparingDouble(supply::end)).toList();
        double items = 0;
        double fraction = 0;
        double latest = Double.POSITIVE_INFINITY;
        for (Work work : ordered) {
            items += work.items();
            double end = supply.end(work);
            double left = items - Math.max(0, supply.residual()) * end;
            if (left > 0) {
                fraction = Math.max(fraction, left / (supply.perReplica() * supply.window(end)));
                double start =
                        supply.isLate(work) ? 0 : end - supply.coldSeconds() - left / (supply.perReplica() * USABLE);
                latest = Math.min(latest, start);
            }
        }
        boolean isDue = latest <= 1e-6;
        return new Need(fraction, isDue ? (int) Math.max(1, Math.ceil(fraction - 1e-9)) : 0, latest);
    }
}
