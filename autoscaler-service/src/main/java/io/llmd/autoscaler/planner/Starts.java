package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.variant.Replicas;

/**
 * How the starts of a variant go, so that what cannot start is tried again without running away. Immutable; seconds on the clock of
 * the loop.
 *
 * <p>As long as starts succeed now and then, all that is missing may be asked for again at once. Where none has become ready within
 * the time that the stuck ones were given, one at a time is tried, and after each that fails twice as long is waited.
 *
 * @param ready most replicas that were ready at once, of as many as are asked for: one that was ready, is not and is again has not
 *     started; -1 before the first look
 * @param stuck replicas that were stuck then
 * @param succeededAt when another one has become ready; negative infinity when none has
 * @param failed failures since
 * @param failedAt when the last of these was seen; negative infinity before the first
 */
public record Starts(int ready, int stuck, double succeededAt, int failed, double failedAt) {

    /** Nothing seen yet: what is ready then has not just become so. */
    static final Starts NONE = new Starts(-1, 0, Double.NEGATIVE_INFINITY, 0, Double.NEGATIVE_INFINITY);

    private static final double LONGEST_WAIT = 1_800;

    /**
     * After another look.
     *
     * @param asked replicas that were asked for last
     * @param coldStart90 seconds that nine of ten starts take at most; replicas are stuck after twice as long
     */
    Starts seen(Replicas now, int asked, double nowSeconds, double coldStart90) {
        boolean isSuccess = ready >= 0 && now.ready() > ready;
        double lastSuccess = isSuccess ? nowSeconds : succeededAt;
        // Those that were asked for together become stuck one by one.
        boolean isFailure = now.stuck() > stuck && nowSeconds - failedAt > coldStart90;
        boolean isLost = isFailure && nowSeconds - lastSuccess > 2 * coldStart90;
        boolean isForgotten = now.stuck() == 0 && nowSeconds - failedAt > LONGEST_WAIT;
        int count = isSuccess || isForgotten ? 0 : isLost ? failed + 1 : failed;
        int most = Math.max(now.ready(), Math.min(ready, asked));
        return new Starts(most, now.stuck(), lastSuccess, count, isFailure ? nowSeconds : failedAt);
    }

    /** Seconds until one more may be tried; 0 when it may. */
    double waitSeconds(double nowSeconds, double coldStart90) {
        if (failed <= 1) {
            return 0;
        }
        double wait = Math.min(LONGEST_WAIT, coldStart90 * Math.scalb(1.0, failed - 2));
        return Math.max(0, failedAt + wait - nowSeconds);
    }

    /** Whether all that is missing may be tried at once, and not only one. */
    boolean isHopeful() {
        return failed == 0;
    }
}
