package io.llmd.simulator.handoff;

import java.util.Objects;
import java.util.OptionalInt;

/**
 * Blocks that an engine holds for a request, as the other engine learns of them.
 *
 * @param engineId the holder, {@link #ANY_ENGINE} if only its address is known
 * @param requestId the holder's name for the request, {@link #NO_REQUEST} for whatever is cached there
 * @param holder where the holder's side channel listens
 * @param blocks how many they are, {@link #UNTOLD} if nobody tells
 * @param cachedTokens prompt tokens that were cached there, if it tells
 */
public record Handoff(String engineId, String requestId, Address holder, int blocks, OptionalInt cachedTokens) {
    /** A number of blocks that nobody tells. */
    public static final int UNTOLD = -1;

    /** Whichever engine listens at the address. */
    public static final String ANY_ENGINE = "";

    /** No request in particular. */
    public static final String NO_REQUEST = "";

    public Handoff {
        Objects.requireNonNull(engineId, "engineId");
        Objects.requireNonNull(requestId, "requestId");
        Objects.requireNonNull(holder, "holder");
        Objects.requireNonNull(cachedTokens, "cachedTokens");
    }

    /** Blocks that may not exist yet, under a name that both engines were told. */
    public static Handoff promised(String engineId, String key, Address holder) {
        return new Handoff(engineId, key, holder, UNTOLD, OptionalInt.empty());
    }

    /** Blocks that were cached for whatever request. */
    public static Handoff cachedAt(Address holder) {
        return promised(ANY_ENGINE, NO_REQUEST, holder);
    }

    /** What tells the holder from others. */
    String peer() {
        return engineId.equals(ANY_ENGINE) ? holder.toString() : engineId;
    }
}
