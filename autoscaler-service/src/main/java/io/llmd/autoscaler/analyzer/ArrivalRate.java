package io.llmd.autoscaler.analyzer;

/**
 * The rate that is provided for, from rates over two windows (specs/autoscaling.md 3.8): up at once where a jump cannot be
 * chance, and down with the last minute; what was needed a while ago is for guards to remember. Requests a second.
 *
 * @param last20 over 20 s
 * @param last60 over 60 s
 */
public record ArrivalRate(double last20, double last60) {

    private static final double JUMP_SIGMAS = 1.5;
    private static final double SUSPECTED = 1.3;

    public ArrivalRate {
        last20 = orZero(last20);
        last60 = Math.max(0, Double.isNaN(last60) ? last20 : last60);
    }

    private static double orZero(double rate) {
        return Double.isNaN(rate) ? 0 : Math.max(0, rate);
    }

    /** What the last 20 s show at least. */
    public double lowerBound() {
        return Math.max(0, last20 - JUMP_SIGMAS * Math.sqrt(last20 / 20));
    }

    /** The rate at present. */
    public double now() {
        return Math.max(last60, lowerBound());
    }

    /**
     * What is added for the chance of a minute with more.
     *
     * @param sigmas standard deviations of its count
     * @param dispersion variance of counts by their mean; 1 for Poisson arrivals
     */
    public double guard(double sigmas, double dispersion) {
        return sigmas * Math.sqrt(dispersion * now() / 60);
    }

    /** Whether so many more come than were planned for that a plan should be made at once. */
    public boolean isStep(double planned) {
        return lowerBound() > SUSPECTED * planned;
    }
}
