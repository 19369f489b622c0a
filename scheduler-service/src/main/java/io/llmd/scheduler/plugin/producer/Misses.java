package io.llmd.scheduler.plugin.producer;

import io.llmd.scheduler.scheduling.LatencyObjectives;

/**
 * How likely an answer misses what was asked for, and what that costs. Made once for a decision. Errors of what is expected are
 * taken as normal, in proportion to it.
 *
 * @param millis that an answer costs which misses what was asked for
 * @param firstTokenError mean error of expected times to the first token, in proportion
 * @param tokenError the same of expected times between tokens
 */
record Misses(double millis, double firstTokenError, double tokenError) {

    /** Standard deviation of a normal distribution whose mean absolute one is 1. */
    private static final double DEVIATION = Math.sqrt(Math.PI / 2);

    /** Shorter times to the first token are foreseen no better than this one: the step that runs has to end. */
    static final double LEAST_FIRST_TOKEN_MILLIS = 50;

    /** How likely an answer misses what it asks for; 0 when it asks for nothing. */
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

    /** The normal distribution, to a thousandth (Bowling et al., Journal of Industrial Engineering and Management 2, 2009). */
    private static double exceeds(double expected, double asked, double error) {
        double x = (asked - expected) / Math.max(1, DEVIATION * error);
        return 1 / (1 + Math.exp(x * (1.5976 + 0.070566 * x * x)));
    }
}
