package io.llmd.scheduler.plugin.producer;

/**
 * How many answers missed their times, and of the misses that were expected, how many came true. What is old counts less and less. Not
 * thread-safe; O(1).
 *
 * <p>Were it not for the second, an error that the expectations of all answers have in common would count as danger for each of them;
 * were it not for the first, a fleet that nearly all answers are late on would compute prefixes again and again, to be a little less late.
 */
final class MissShare {

    private static final double NEWS = 0.02;

    /** Share of the answers that expected and seen misses begin with: where none comes true, they soon cost nothing. */
    private static final double ASSUMED = 1e-4;

    /** More cannot be said of what was not expected. */
    private static final double MOST = 2;

    private double expected;
    private double seen;

    /** An answer is complete. @param likely how likely it was thought to be a miss, when it was placed */
    void add(double likely, boolean isMissed) {
        expected += NEWS * (likely - expected);
        seen += NEWS * ((isMissed ? 1 : 0) - seen);
    }

    /** What an expected miss is worth, in answers: those that come true of the expected ones, {@value #MOST} at most, times the share in time. */
    double worth() {
        return (1 - seen) * Math.min(MOST, (seen + ASSUMED) / (expected + ASSUMED));
    }
}
