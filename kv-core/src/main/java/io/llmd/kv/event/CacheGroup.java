package io.llmd.kv.event;

import org.jspecify.annotations.Nullable;

/**
 * The KV-cache group of a hybrid model that blocks belong to.
 *
 * @param index number of the group
 * @param specKind kind of attention, such as {@code full_attention}
 * @param slidingWindowTokens width of the window, for kinds that have one
 */
public record CacheGroup(
        int index, @Nullable String specKind, @Nullable Integer slidingWindowTokens) {

    /** The only group of a model with full attention throughout. */
    public static final CacheGroup FULL_ATTENTION = new CacheGroup(0, "full_attention", null);
}
