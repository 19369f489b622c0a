package io.llmd.scheduler.latency;

/**
 * Notices that what was learned does not hold any more: the share of times that stayed within their bounds, smoothed, is far
 * from the wanted one many times in a row. Not thread-safe.
 */
final class DriftDetector {

    private static final double SMOOTHING = 0.05;
    private static final double FAR = 0.15;
    private static final int IN_A_ROW = 25;

    /** Bounds that were given before are measured for a while. */
    private static final int REST = 200;

    private final double wanted;
    private double coverage;
    private int far;
    private int rest = REST;

    /** @param wanted share of times that are to be within their bounds */
    DriftDetector(double wanted) {
        this.wanted = wanted;
        coverage = wanted;
    }

    /** Takes whether a time was within its bound. @return whether the world has changed */
    boolean add(boolean isCovered) {
        coverage += SMOOTHING * ((isCovered ? 1 : 0) - coverage);
        far = Math.abs(coverage - wanted) > FAR ? far + 1 : 0;
        if (rest > 0) {
            rest--;
            return false;
        }
        if (far < IN_A_ROW) {
            return false;
        }
        far = 0;
        rest = REST;
        return true;
    }

    /** The smoothed share. */
    double coverage() {
        return coverage;
    }
}
