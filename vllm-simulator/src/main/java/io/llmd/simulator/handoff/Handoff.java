package io.llmd.simulator.handoff;

import java.util.Objects;
import java.util.OptionalInt;

/**
 * Blocks that an engine holds for a request, as the other engine learns of them.
 *
 * @param engineId the holder
 * @param requestId the holder's name for the request
 * @param holder where the holder's side channel listens
 * @param blocks how many they are, {@link #UNTOLD} if nobody tells
 * @param cachedTokens prompt tokens that were cached there, if it tells
 */
public record Handoff(String engineId, String requestId, Address holder, int blocks, OptionalInt cachedTokens) {
    /** A number of blocks that nobody tells. */
    public static final int UNTOLD = -1;

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
}
