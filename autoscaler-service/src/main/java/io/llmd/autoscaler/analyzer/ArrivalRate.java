package io.llmd.autoscaler.analyzer;

/**
 * The rate that is provided for, from rates over three windows (specs/autoscaling.md 3.8): up at once where a jump cannot be
 * chance, down slowly. Requests a second.
 *
 * @param last20 over 20 s
 * @param last60 over 60 s
 * @param last300 over 300 s
 */
public record ArrivalRate(double last20, double last60, double last300) {

    private static final double JUMP_SIGMAS = 1.5;
    private static final double SLOW_SHARE = 1.5;
    private static final double SUSPECTED = 1.3;

    public ArrivalRate {
        last20 = orZero(last20);
        last60 = Math.max(0, Double.isNaN(last60) ? last20 : last60);
        last300 = Math.max(0, Double.isNaN(last300) ? last60 : last300);
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
        return Math.max(Math.max(last60, lowerBound()), Math.min(last300, SLOW_SHARE * last60));
    }

    /** What is added for the chance of a minute with more; {@code sigmas} standard deviations of its count. */
    public double guard(double sigmas) {
        return sigmas * Math.sqrt(now() / 60);
    }

    /** Whether so many more come than were planned for that a plan should be made at once. */
    public boolean isStep(double planned) {
        return lowerBound() > SUSPECTED * planned;
    }
}
