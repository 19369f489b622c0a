package io.llmd.kv.event;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Events that one engine step produced, in order.
 *
 * @param timestampSeconds since the epoch
 * @param dataParallelRank rank of the engine; null when the producer does not say
 */
public record KvEventBatch(
        double timestampSeconds,
        List<KvEvent> events,
        @Nullable Integer dataParallelRank) {

    public KvEventBatch {
        events = List.copyOf(events);
    }
}
