package io.llmd.kv.ingest.zmq;

import io.llmd.kv.ingest.FeedCounters;
import io.llmd.kv.ingest.SourceState;
import io.llmd.kv.zmtp.LinkEnd;
import org.jspecify.annotations.Nullable;

/**
 * How a source fares; at most 100 ms old.
 *
 * @param appliedSequence number of the batch that was applied last; -1 when none was in this epoch
 * @param lagBatches batches that are known to be published and are not applied
 * @param receivedBytes on all its connections, replays included
 * @param topic of the last batch; null before the first one. A hint, see {@link io.llmd.kv.event.EventTopic}
 * @param lastEnd why the last connection ended or did not come about; null when none has
 * @param connectionEnds how often that was
 */
public record SourceStatus(
        ZmqSource source,
        SourceState state,
        boolean isConnected,
        long appliedSequence,
        int epoch,
        long lagBatches,
        long receivedBytes,
        @Nullable String topic,
        @Nullable LinkEnd lastEnd,
        long connectionEnds,
        FeedCounters counters) {}
