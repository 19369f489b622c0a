package io.llmd.lab.fleet;

import io.llmd.simulator.cluster.Outcome;
import io.llmd.simulator.cluster.RequestResult;

/**
 * What a good answer is: the first token after {@code baseSeconds + factor * prompt tokens / tokensPerSecond} at the latest,
 * and no more than {@code interTokenMillis} between tokens on average.
 *
 * @param tokensPerSecond prompt tokens that an endpoint computes in a second, through the full path
 */
public record Slo(double baseSeconds, double factor, double tokensPerSecond, double interTokenMillis) {

    /** One second and one and a half times the bare computation of a prompt, 50 ms between tokens. */
    public static final Slo DEFAULT = new Slo(1, 1.5, 15_928, 50);

    private static final double NANOS = 1e9;

    /** Whether an answer came whole, and its first token in time. */
    public boolean isFirstTokenGood(RequestResult result) {
        int promptTokens = result.request().prompt().length;
        return result.outcome() == Outcome.FINISHED
                && result.timeToFirstToken() <= (baseSeconds + factor * promptTokens / tokensPerSecond) * NANOS;
    }

    /** Whether also its other tokens came fast enough. */
    public boolean isGood(RequestResult result) {
        return isFirstTokenGood(result)
                && (result.outputTokens() < 2 || result.interTokenLatency() <= interTokenMillis * 1e6);
    }
}
