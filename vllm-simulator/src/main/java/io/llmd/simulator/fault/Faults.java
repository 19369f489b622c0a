package io.llmd.simulator.fault;

import org.jspecify.annotations.Nullable;

/**
 * What a simulated endpoint does wrong on purpose. A request keeps the faults that were set when it came in.
 *
 * @param refuse connections that send a request are closed without an answer; {@code /admin} stays reachable
 * @param status inference requests get this answer
 * @param stallAfterTokens nothing is sent after so many tokens while the connection stays open; {@link #OFF} for never
 * @param dropAfterTokens the connection is cut after so many tokens; {@link #OFF} for never
 * @param slowFactor factor on the duration of engine steps
 * @param dead {@code /health} answers 503
 */
public record Faults(
        boolean refuse,
        @Nullable Status status,
        int stallAfterTokens,
        int dropAfterTokens,
        double slowFactor,
        boolean dead) {
    /** The value of a token count that never comes. */
    public static final int OFF = -1;

    /** Everything works. */
    public static final Faults NONE = new Faults(false, null, OFF, OFF, 1, false);

    public Faults {
        if (stallAfterTokens < OFF || dropAfterTokens < OFF) {
            throw new IllegalArgumentException("stallAfterTokens: " + stallAfterTokens + ", dropAfterTokens: "
                    + dropAfterTokens + " (expected: >= 0, or " + OFF + " for never)");
        }
        if (!(slowFactor > 0) || slowFactor > 1e6) {
            throw new IllegalArgumentException("slowFactor: " + slowFactor + " (expected: > 0 to 1000000)");
        }
    }

    /**
     * An answer instead of a result.
     *
     * @param code HTTP status, 400 to 599
     * @param remaining requests it is still given to; {@link #OFF} for all
     */
    public record Status(int code, int remaining) {
        public Status {
            if (code < 400 || code > 599) {
                throw new IllegalArgumentException("status code: " + code + " (expected: 400 to 599)");
            }
            if (remaining < OFF || remaining == 0) {
                throw new IllegalArgumentException(
                        "status count: " + remaining + " (expected: >= 1, or " + OFF + " for all)");
            }
        }
    }

    /** The same faults after one request got its status. */
    public Faults withStatusUsed() {
        if (status == null || status.remaining() == OFF) {
            return this;
        }
        Status left = status.remaining() == 1 ? null : new Status(status.code(), status.remaining() - 1);
        return withStatus(left);
    }

    /** The same faults with another status, or none. */
    public Faults withStatus(@Nullable Status next) {
        return new Faults(refuse, next, stallAfterTokens, dropAfterTokens, slowFactor, dead);
    }
}
