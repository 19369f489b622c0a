package io.llmd.scheduler.flowcontrol;

/**
 * One measurement of a {@link SaturationDetector}.
 *
 * @param value 1 is full, more is over-subscribed
 * @param staleEndpoints endpoints that counted as full for want of a recent reading
 * @param validForNanos time after which readings that counted become stale; {@link Long#MAX_VALUE} for never
 */
public record Saturation(double value, int staleEndpoints, long validForNanos) {

    /** A pool without endpoints. */
    public static final Saturation OF_NOBODY = new Saturation(1.0, 0, Long.MAX_VALUE);
}
