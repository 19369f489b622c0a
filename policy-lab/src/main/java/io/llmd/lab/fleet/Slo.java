package io.llmd.lab.fleet;

import io.llmd.simulator.cluster.Outcome;
import io.llmd.simulator.cluster.RequestResult;
import java.time.Duration;
import java.util.Objects;

/**
 * What a good answer is: the first token after {@code baseSeconds + factor * prompt tokens / tokensPerSecond} at the latest,
 * and no more than {@code interTokenMillis} between tokens.
 *
 * @param tokensPerSecond prompt tokens that an endpoint computes in a second, through the full path
 * @param gaps which of the times between the tokens of an answer must not be longer
 */
public record Slo(double baseSeconds, double factor, double tokensPerSecond, double interTokenMillis, Gaps gaps) {

    /** What of the times between the tokens of one answer is held against the bound. */
    public enum Gaps {
        /** Their mean. */
        MEAN,
        /** The one that 95 % of them do not exceed; the simulation has to tell each token for it. */
        P95
    }

    /** One second and one and a half times the bare computation of a prompt, 50 ms between tokens on average. */
    public static final Slo DEFAULT = new Slo(1, 1.5, 15_928, 50, Gaps.MEAN);

    private static final double NANOS = 1e9;
    private static final double NANOS_PER_MILLI = 1e6;

    public Slo {
        Objects.requireNonNull(gaps, "gaps");
    }

    /** The same with other bounds. @param base until the first token, besides the computation of the prompt */
    public Slo within(Duration base, Duration interToken) {
        if (!base.isPositive() || !interToken.isPositive()) {
            throw new IllegalArgumentException("slo: " + base + ", " + interToken + " (expected: both above 0)");
        }
        return new Slo(base.toNanos() / NANOS, factor, tokensPerSecond, interToken.toNanos() / NANOS_PER_MILLI, gaps);
    }

    /** {@link #baseSeconds} as a duration. */
    public Duration base() {
        return Duration.ofNanos(Math.round(baseSeconds * NANOS));
    }

    /** {@link #interTokenMillis} as a duration. */
    public Duration interToken() {
        return Duration.ofNanos(Math.round(interTokenMillis * NANOS_PER_MILLI));
    }

    /** The same with another meaning of the time between tokens. */
    public Slo withGaps(Gaps value) {
        return new Slo(baseSeconds, factor, tokensPerSecond, interTokenMillis, value);
    }

    /** When the first token has to be there, in milliseconds. */
    public double firstTokenMillis(int promptTokens) {
        return 1e3 * (baseSeconds + factor * promptTokens / tokensPerSecond);
    }

    /** Whether an answer came whole, and its first token in time. */
    public boolean isFirstTokenGood(RequestResult result) {
        int promptTokens = result.request().prompt().length;
        return result.outcome() == Outcome.FINISHED
                && result.timeToFirstToken() <= (baseSeconds + factor * promptTokens / tokensPerSecond) * NANOS;
    }

    /** Whether also its other tokens came fast enough. @param gapMillis of them, as {@link #gaps} says; NaN without any */
    public boolean isGood(RequestResult result, double gapMillis) {
        return isFirstTokenGood(result) && !(gapMillis > interTokenMillis);
    }
}
