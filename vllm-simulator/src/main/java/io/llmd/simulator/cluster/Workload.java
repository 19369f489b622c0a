package io.llmd.simulator.cluster;

import org.jspecify.annotations.Nullable;

/**
 * Where requests come from, one at a time, so that a workload of millions needs no memory for them. A state machine
 * without a clock: the simulation asks when the next request comes, and takes it at that time.
 */
public interface Workload {
    /** No request, unless the end of another one leads to it. */
    long NEVER = Long.MAX_VALUE;

    /**
     * When the next request comes, in virtual nanoseconds; not before the last one taken and not before the last end
     * told. Asked often, so it should be cheap.
     *
     * @return {@link #NEVER} if there is none as things stand; the simulation is over when also all requests have ended
     */
    long nextTime();

    /**
     * Takes the next request, at its time.
     *
     * @return null if none comes after all, and {@link #nextTime} says something else now
     */
    @Nullable
    ClientRequest next();

    /** Hears that a request ended, in whatever way; what {@link #nextTime} says may change by it. */
    default void ended(RequestResult result) {}

    /** Whether {@link #token} is to be called; constant. It makes decoding several times as much work for the simulator. */
    default boolean wantsTokens() {
        return false;
    }

    /**
     * A client got a token that is not its first one. Asked for by {@link #wantsTokens}.
     *
     * @param sinceNanos since the token before
     */
    default void token(long requestId, long sinceNanos) {}
}
