package io.llmd.simulator.handoff;

import java.util.Objects;
import java.util.OptionalInt;

/**
 * Blocks that an engine holds for a request, as the other engine learns of them.
 *
 * @param engineId the holder
 * @param requestId the holder's name for the request
 * @param holder where the holder's side channel listens
 * @param blocks how many they are
 * @param cachedTokens prompt tokens that were cached there, if it tells
 */
public record Handoff(String engineId, String requestId, Address holder, int blocks, OptionalInt cachedTokens) {
    public Handoff {
        Objects.requireNonNull(engineId, "engineId");
        Objects.requireNonNull(requestId, "requestId");
        Objects.requireNonNull(holder, "holder");
        Objects.requireNonNull(cachedTokens, "cachedTokens");
    }
}
