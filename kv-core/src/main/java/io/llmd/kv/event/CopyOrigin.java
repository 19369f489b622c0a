package io.llmd.kv.event;

import org.jspecify.annotations.Nullable;

/**
 * Where a copy is and what made it; written in map form only, and only what is known.
 *
 * @param locality {@code LOCAL} or {@code REMOTE} as seen from the publisher
 * @param ownership id of the secondary tier that generated the event
 * @param sessionId session of the request that stored the blocks
 */
public record CopyOrigin(
        @Nullable String locality,
        @Nullable String ownership,
        @Nullable String sessionId) {

    public static final CopyOrigin UNSPECIFIED = new CopyOrigin(null, null, null);
}
