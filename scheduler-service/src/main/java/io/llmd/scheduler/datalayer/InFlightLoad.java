package io.llmd.scheduler.datalayer;

/**
 * Load of one endpoint.
 *
 * @param requests requests that have not ended
 * @param tokens tokens charged for them and not given back
 */
public record InFlightLoad(long requests, long tokens) {

    /** An idle endpoint. */
    public static final InFlightLoad NONE = new InFlightLoad(0, 0);

    public InFlightLoad {
        if (requests < 0 || tokens < 0) {
            throw new IllegalArgumentException(
                    "load: " + requests + " requests, " + tokens + " tokens (expected: >= 0)");
        }
    }

    /** The sum of both. */
    public InFlightLoad plus(InFlightLoad other) {
        return new InFlightLoad(Math.addExact(requests, other.requests), Math.addExact(tokens, other.tokens));
    }
}
