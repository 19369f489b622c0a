package io.llmd.scheduler.latency;

/**
 * Notices that what was learned does not hold any more: the share of times that stayed within their bounds, smoothed, is far
 * below the wanted one many times in a row (everything takes longer), or nearly all do for much longer (it takes less). Not
 * thread-safe.
 */
final class DriftDetector {

    private static final double SMOOTHING = 0.05;
    private static final double FAR = 0.15;
    private static final int IN_A_ROW = 25;

    /** Share of the way from the wanted share to all. Runs without a miss are common, thus many in a row. */
    private static final double NEARLY_ALL = 0.95;

    private static final int NEARLY_ALL_IN_A_ROW = 75;

    /** Bounds that were given before are measured for a while. */
    private static final int REST = 200;

    private final double wanted;
    private double coverage;
    private int far;
    private int nearlyAll;
    private int rest = REST;

    /** @param wanted share of times that are to be within their bounds */
    DriftDetector(double wanted) {
        this.wanted = wanted;
        coverage = wanted;
    }

    /** Takes whether a time was within its bound. @return whether the world has changed */
    boolean add(boolean isCovered) {
        coverage += SMOOTHING * ((isCovered ? 1 : 0) - coverage);
        far = coverage < wanted - FAR ? far + 1 : 0;
        nearlyAll = coverage > wanted + NEARLY_ALL * (1 - wanted) ? nearlyAll + 1 : 0;
        if (rest > 0) {
            rest--;
            return false;
        }
        if (far < IN_A_ROW && nearlyAll < NEARLY_ALL_IN_A_ROW) {
            return false;
        }
        far = 0;
        nearlyAll = 0;
        rest = REST;
        return true;
    }

    /** The smoothed share. */
    double coverage() {
        return coverage;
    }
}
