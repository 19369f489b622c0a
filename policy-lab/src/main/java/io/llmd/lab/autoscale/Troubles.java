package io.llmd.lab.autoscale;

/**
 * What goes wrong in a run.
 *
 * @param stuckShare share of the replicas asked for within {@code stuckUntil} that never become ready
 * @param stuckUntil seconds
 * @param scrapeLoss share of the readings of replicas that get lost
 * @param blindFrom seconds from which on nothing can be read, neither from Prometheus nor from pages
 * @param blindUntil seconds until which it cannot
 * @param slowPlaces of how many places for replicas of a kind steps take 1.3 times as long
 * @param restartAt when the router loses its counters, in seconds; infinite for never
 */
public record Troubles(
        double stuckShare,
        double stuckUntil,
        double scrapeLoss,
        double blindFrom,
        double blindUntil,
        int slowPlaces,
        double restartAt) {

    private static final double NEVER = Double.POSITIVE_INFINITY;

    /** Nothing. */
    public static final Troubles NONE = new Troubles(0, 0, 0, NEVER, NEVER, 0, NEVER);

    public Troubles {
        if (!(stuckShare >= 0 && stuckShare <= 1) || !(scrapeLoss >= 0 && scrapeLoss <= 1)) {
            throw new IllegalArgumentException(
                    "stuckShare: " + stuckShare + ", scrapeLoss: " + scrapeLoss + " (expected: in [0, 1])");
        }
    }

    /** A share of the replicas that are asked for in some time never becomes ready. */
    static Troubles stuck(double share, double untilSeconds) {
        return new Troubles(share, untilSeconds, 0, NEVER, NEVER, 0, NEVER);
    }

    /** Readings of replicas get lost. */
    static Troubles losing(double share) {
        return new Troubles(0, 0, share, NEVER, NEVER, 0, NEVER);
    }

    /** For some time nothing can be read. */
    static Troubles blind(double fromSeconds, double untilSeconds) {
        return new Troubles(0, 0, 0, fromSeconds, untilSeconds, 0, NEVER);
    }

    /** Some replicas are slow. */
    static Troubles slow(int places) {
        return new Troubles(0, 0, 0, NEVER, NEVER, places, NEVER);
    }

    /** The router begins anew. */
    static Troubles restart(double atSeconds) {
        return new Troubles(0, 0, 0, NEVER, NEVER, 0, atSeconds);
    }

    boolean isStuck(double now, double draw) {
        return now < stuckUntil && draw <= stuckShare;
    }

    boolean isBlind(double now) {
        return now >= blindFrom && now < blindUntil;
    }
}
