package io.llmd.autoscaler.analyzer;

/**
 * What a jump of the rate costs before replicas that it asks for are ready (specs/autoscaling.md 3.10): no scaling avoids it,
 * only replicas that stand by.
 *
 * @param backlog requests that have gathered when they are ready
 * @param drainSeconds time until those are worked off
 * @param violations requests that wait too long
 */
public record ViolationBill(double backlog, double drainSeconds, double violations) {

    /** No jump. */
    public static final ViolationBill NONE = new ViolationBill(0, 0, 0);

    /**
     * The bill of a jump.
     *
     * @param rate requests a second after it
     * @param present requests a second that present replicas serve
     * @param planned requests a second that all serve once they are ready
     * @param outageSeconds time until they are: detection and cold start
     */
    public static ViolationBill of(double rate, double present, double planned, double outageSeconds) {
        if (rate <= present) {
            return NONE;
        }
        double backlog = (rate - present) * outageSeconds;
        double drain = planned > rate ? backlog / (planned - rate) : Double.POSITIVE_INFINITY;
        return new ViolationBill(backlog, drain, rate * (outageSeconds + drain));
    }
}
