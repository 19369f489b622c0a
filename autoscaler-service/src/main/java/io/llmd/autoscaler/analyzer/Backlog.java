package io.llmd.autoscaler.analyzer;

/**
 * Requests that wait, as a rate that works them off in time (specs/autoscaling.md 3.8).
 *
 * @param waiting requests before routers and in engines
 */
public record Backlog(double waiting) {

    public Backlog {
        waiting = Double.isNaN(waiting) ? 0 : Math.max(0, waiting);
    }

    /** Those in the queue of a router, and of those in engines all but one of each. */
    public static Backlog of(double routerQueue, double... engineQueues) {
        double sum = Math.max(0, routerQueue);
        for (double queue : engineQueues) {
            sum += Math.max(0, queue - 1);
        }
        return new Backlog(sum);
    }

    /**
     * Requests a second that have to be served beside new ones.
     *
     * @param spare requests a second that present replicas can serve beside new ones
     * @param drainSeconds time in which the backlog has to be gone
     */
    public double rate(double spare, double drainSeconds) {
        return Math.max(0, waiting - Math.max(0, spare) * drainSeconds) / drainSeconds;
    }
}
