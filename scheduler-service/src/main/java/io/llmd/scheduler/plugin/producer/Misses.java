package io.llmd.scheduler.plugin.producer;

import io.llmd.scheduler.scheduling.LatencyObjectives;

/**
 * How likely answers miss the times that they are held to, and what that costs. Made once for a decision.
 *
 * @param millis that an answer costs which misses its times
 * @param firstTokenError mean error of expected times to the first token, in proportion
 * @param tokenError the same of expected times between tokens
 */
record Misses(double millis, double firstTokenError, double tokenError) {

    /*
     * An answer that misses its times was made for nothing, so that it costs the time of an answer, as far as answers can be in time at
     * all. One that is late in any case has nothing to lose by that, and waits where it harms others least.
     *
     * Times are not kept or missed to the millisecond. What is expected is off by some error, and by what comes after the
     * decision; and users who say no times, and many who do, mean about so much. Were the bound sharp, endpoints would be filled
     * up to just below it, and whoever counts with another one would be served worse than by even load. With a deviation of the
     * bound itself the likelihood of a miss rises slowly, and answers gather only as far as most bounds near it gain by that.
     */

    /** Standard deviation of a normal distribution whose mean absolute one is 1. */
    private static final double DEVIATION = Math.sqrt(Math.PI / 2);

    /** Standard deviation of what is meant by a time that is asked for, in proportion. */
    private static final double VAGUE = 0.3;

    /** Shorter times to the first token are foreseen no better than this one: the step that runs has to end. */
    static final double LEAST_FIRST_TOKEN_MILLIS = 50;

    /** How likely an answer misses what it is held to; 0 when that is nothing. */
    double likely(LatencyObjectives asked, double firstTokenMillis, double tokenMillis) {
        double kept = 1;
        if (asked.timeToFirstTokenMillis() > 0) {
            double error = firstTokenError * Math.max(LEAST_FIRST_TOKEN_MILLIS, firstTokenMillis);
            kept *= 1 - exceeds(firstTokenMillis, asked.timeToFirstTokenMillis(), error);
        }
        if (asked.timePerOutputTokenMillis() > 0) {
            kept *= 1 - likely(tokenMillis, asked.timePerOutputTokenMillis());
        }
        return 1 - kept;
    }

    /** How likely more time is taken between tokens than is asked for. */
    double likely(double tokenMillis, double asked) {
        return exceeds(tokenMillis, asked, tokenError * tokenMillis);
    }

    /** What it costs, in milliseconds, that an answer may miss what it is held to. */
    double cost(LatencyObjectives asked, double firstTokenMillis, double tokenMillis) {
        return millis * likely(asked, firstTokenMillis, tokenMillis);
    }

    /** The normal distribution, to a thousandth (Bowling et al., Journal of Industrial Engineering and Management 2, 2009). */
    private static double exceeds(double expected, double asked, double error) {
        double x = (asked - expected) / Math.max(1, Math.hypot(DEVIATION * error, VAGUE * asked));
        return 1 / (1 + Math.exp(x * (1.5976 + 0.070566 * x * x)));
    }
}
