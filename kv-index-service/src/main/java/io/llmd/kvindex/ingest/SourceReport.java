package io.llmd.kvindex.ingest;

import io.llmd.contracts.prefix.KvSource;
import io.llmd.contracts.prefix.TierBlocks;
import io.llmd.kv.event.KvDropReason;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.ingest.FeedCounters;
import io.llmd.kv.ingest.LaneReader;
import io.llmd.kv.ingest.kafka.LaneStatus;
import io.llmd.kv.ingest.zmq.SourceStatus;
import io.llmd.kv.lane.LaneCounters;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Tells how a lane fares. */
final class SourceReport {

    private SourceReport() {}

    /** A lane that this process reads from its engine. @param lane null when there is no index here */
    static KvSource read(LaneReading reading, @Nullable IndexLane lane) {
        SourceStatus status = reading.status();
        return new KvSource(
                reading.endpoint(),
                reading.rank(),
                status.state().name().toLowerCase(Locale.ROOT),
                status.isConnected(),
                lane != null && lane.isComplete(),
                status.epoch(),
                status.appliedSequence(),
                status.lagBatches(),
                0,
                blocks(lane),
                counters(status, reading.reader().lane().counters()),
                drops(reading.reader()));
    }

    /** A lane that comes over the log. @param reading null when another process reads the engine */
    static KvSource replicated(
            IndexLane lane, @Nullable LaneStatus status, long nowNanos, @Nullable LaneReading reading) {
        String state = "waiting";
        long lagMillis = 0;
        if (status != null) {
            lagMillis = TimeUnit.NANOSECONDS.toMillis(status.stalenessNanos(nowNanos));
            state = status.isWaiting()
                    ? "waiting"
                    : status.isStale() ? "stale" : status.weight(nowNanos) < 1 ? "silent" : "exact";
        }
        if (reading != null && state.equals("exact")) {
            state = reading.status().state().name().toLowerCase(Locale.ROOT);
        }
        return new KvSource(
                lane.endpoint(),
                lane.rank(),
                state,
                reading != null && reading.status().isConnected(),
                lane.isComplete(),
                lane.epoch(),
                lane.lastSequence(),
                reading == null ? 0 : reading.status().lagBatches(),
                lagMillis,
                blocks(lane),
                reading == null
                        ? Map.of()
                        : counters(reading.status(), reading.reader().lane().counters()),
                reading == null ? Map.of() : drops(reading.reader()));
    }

    private static TierBlocks blocks(@Nullable IndexLane lane) {
        return lane == null
                ? new TierBlocks(0, 0, 0, 0)
                : new TierBlocks(
                        blocks(lane, StorageTier.GPU),
                        blocks(lane, StorageTier.CPU),
                        blocks(lane, StorageTier.DISK),
                        blocks(lane, StorageTier.STORAGE));
    }

    private static int blocks(IndexLane lane, StorageTier tier) {
        return (int) Math.min(Integer.MAX_VALUE, lane.blocks(tier));
    }

    private static Map<String, Long> counters(SourceStatus status, LaneCounters lane) {
        FeedCounters feed = status.counters();
        Map<String, Long> counters = new LinkedHashMap<>();
        counters.put("connections", feed.connections());
        counters.put("connectionEnds", status.connectionEnds());
        counters.put("receivedBytes", status.receivedBytes());
        counters.put("batches", feed.batches());
        counters.put("duplicates", feed.duplicates());
        counters.put("gaps", feed.gaps());
        counters.put("lostBatches", feed.lostBatches());
        counters.put("replays", feed.replays());
        counters.put("replayedBatches", feed.replayedBatches());
        counters.put("replayFailures", feed.replayFailures());
        counters.put("bufferDrops", feed.bufferDrops());
        counters.put("rankMismatches", feed.rankMismatches());
        counters.put("malformedMessages", feed.malformed());
        counters.put("targetFailures", feed.targetFailures());
        counters.put("storedBlocks", lane.storedBlocks());
        counters.put("removedBlocks", lane.removedBlocks());
        counters.put("clears", lane.clears());
        counters.put("unknownRemovals", lane.unknownRemovals());
        counters.put("removalsThatLeftACopy", lane.removalsThatLeftACopy());
        counters.put("orphans", lane.orphans());
        counters.put("unresolvedHashes", lane.unresolvedHashes());
        counters.put("misfits", lane.misfits());
        counters.put("otherGroups", lane.otherGroups());
        counters.put("unknownGroupRemovals", lane.unknownGroupRemovals());
        counters.put("remotes", lane.remotes());
        counters.put("unknownMedia", lane.unknownMedia());
        counters.put("changedKeys", lane.changedKeys());
        counters.put("decayedCopies", lane.decayedCopies());
        return counters;
    }

    private static Map<String, Long> drops(LaneReader reader) {
        Map<String, Long> drops = new LinkedHashMap<>();
        for (int i = 0; i < KvDropReason.COUNT; i++) {
            KvDropReason reason = KvDropReason.of(i);
            if (reader.dropped(reason) > 0) {
                drops.put(reason.label(), reader.dropped(reason));
            }
        }
        return drops;
    }
}
