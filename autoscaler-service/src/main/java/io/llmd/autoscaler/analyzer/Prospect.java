package io.llmd.autoscaler.analyzer;

/**
 * What becomes of requests that wait until replicas that are asked for now are ready: they cannot help before. Those that serve work them
 * off or fall behind further, and those that start already come before. A backlog that will be gone by then needs nobody, and one
 * that grows meanwhile needs more than what waits now. Fluid limit; specs/autoscaling.md 3.8 and 3.10.
 *
 * @param spareReady by how many times the present demand could grow before replicas that are ready are full, less one; negative
 *     where they cannot serve all of it
 * @param spareUsable the same with those that start
 * @param coldSeconds time until a replica that is asked for now is ready
 * @param elapsedSeconds for how long those that start have been starting; in [0, coldSeconds]
 */
public record Prospect(double spareReady, double spareUsable, double coldSeconds, double elapsedSeconds) {

    /** Times to drain that are looked ahead at most. */
    private static final double FORESEEN = 2;

    /** Replicas that do just what comes, and none that start. */
    public static final Prospect STILL = new Prospect(0, 0, 0, 0);

    public Prospect {
        spareUsable = Math.max(spareReady, spareUsable);
        coldSeconds = Math.max(0, coldSeconds);
        elapsedSeconds = Math.clamp(elapsedSeconds, 0, coldSeconds);
    }

    /**
     * Requests a second that have to be served beside new ones.
     *
     * @param backlog requests that wait; nothing is foreseen while none do, for a rate that is too high for a moment is no backlog
     * @param rate new requests a second
     * @param drainSeconds time in which a backlog has to be gone, once more replicas are ready
     */
    public double rate(Backlog backlog, double rate, double drainSeconds) {
        if (backlog.waiting() == 0) {
            return 0;
        }
        // Who has waited for much longer than is meant to be waited is gone.
        double horizon = Math.min(coldSeconds, FORESEEN * drainSeconds);
        double untilOthersAreReady = Math.min(horizon, coldSeconds - elapsedSeconds);
        double then = Math.max(0, backlog.waiting() - rate * spareReady * untilOthersAreReady);
        double whenAllAre = Math.max(0, then - rate * spareUsable * (horizon - untilOthersAreReady));
        return new Backlog(whenAllAre).rate(rate * spareUsable, drainSeconds);
    }
}
