package io.llmd.kv.ingest.replica;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.index.IndexSettings;
import io.llmd.kv.ingest.kafka.DeltaReplica;
import io.llmd.kv.ingest.kafka.KafkaConnection;
import io.llmd.kv.ingest.kafka.KvTopics;
import io.llmd.kv.ingest.kafka.LaneDescription;
import io.llmd.kv.ingest.kafka.LaneStatus;
import io.llmd.kv.ingest.kafka.LaneTargets;
import io.llmd.kv.ingest.kafka.ReplicaListener;
import io.llmd.kv.ingest.kafka.ReplicaStatus;
import io.llmd.kv.ingest.replica.NamedLanes.Member;
import io.llmd.kv.lane.LaneDeltas;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An index that follows the lanes of a pool through the log. Safe from any thread.
 *
 * <p>Grows with the blocks that engines hold, see {@link BlockIndex}, and with some 200 bytes for each lane.
 */
public final class ReplicaIndex implements AutoCloseable {

    private final BlockIndex index;
    private final DeltaReplica replica;
    private final LongSupplier nanoClock;
    private final Map<Integer, Member> byNumber = new ConcurrentHashMap<>();
    private final Map<IndexLane, Integer> numbers = new ConcurrentHashMap<>();
    private final NamedLanes byName = new NamedLanes();

    /**
     * @param nanoClock monotonic
     * @param clockMillis milliseconds since 1970
     */
    public ReplicaIndex(
            KafkaConnection connection,
            KvTopics topics,
            IndexSettings settings,
            ReplicaListener listener,
            LongSupplier nanoClock,
            LongSupplier clockMillis) {
        this.nanoClock = nanoClock;
        index = new BlockIndex(settings);
        replica = new DeltaReplica(connection, topics, new Lanes(), listener, nanoClock, clockMillis);
    }

    /** Begins to follow; once. @throws org.apache.kafka.common.KafkaException when a property of the clients is wrong */
    public void start() {
        replica.start();
    }

    /** Looks blocks up. */
    public BlockIndex index() {
        return index;
    }

    /** How far the log was followed. */
    public ReplicaStatus status() {
        return replica.status();
    }

    /** The lane of an endpoint's rank; null when the log has none, or several of which it cannot be told which is meant. */
    public @Nullable IndexLane lane(String endpoint, int rank) {
        Member member = byName.get(endpoint, rank, this::term);
        return member == null ? null : member.lane();
    }

    /** How that lane is described; null when there is none. */
    public @Nullable LaneDescription description(String endpoint, int rank) {
        Member member = byName.get(endpoint, rank, this::term);
        return member == null ? null : member.description();
    }

    /** Whether a lane is of an engine that another one has replaced, of which it is known which came later. */
    public boolean isReplaced(IndexLane lane) {
        if (!byName.hasNamesakes()) {
            return false;
        }
        IndexLane meant = lane(lane.endpoint(), lane.rank());
        return meant != null && meant != lane;
    }

    private int term(int laneNumber) {
        LaneStatus status = replica.status().lanes().get(laneNumber);
        return status == null ? 0 : status.term();
    }

    /** Status of an index's lane; null for one that has left, or whose status is not known yet. */
    public @Nullable LaneStatus status(IndexLane lane) {
        Integer number = numbers.get(lane);
        return number == null ? null : replica.status().lanes().get(number);
    }

    /** What a match in this lane is worth: 1, a half for one of which nothing was heard for a while, or 0. */
    public double weight(IndexLane lane) {
        LaneStatus status = status(lane);
        return status == null ? 1 : status.weight(nanoClock.getAsLong());
    }

    /** Stops to follow; what is known stays readable. */
    @Override
    public void close() {
        replica.stop();
    }

    /** On the replica's thread. */
    private final class Lanes implements LaneTargets {

        @Override
        public LaneDeltas lane(LaneDescription description) {
            removed(description.number());
            IndexLane lane = index.addLane(
                    description.spec().endpoint(), description.spec().rank());
            Member member = new Member(description, lane);
            byNumber.put(description.number(), member);
            byName.add(member);
            numbers.put(lane, description.number());
            return new SweepingDeltas(lane, index);
        }

        @Override
        public void removed(int laneNumber) {
            Member gone = byNumber.remove(laneNumber);
            if (gone != null) {
                numbers.remove(gone.lane());
                byName.remove(gone);
                index.removeLane(gone.lane());
                while (index.sweep()) {}
            }
        }
    }

    /** Frees some memory of cleared lanes after each record, so that it never piles up. */
    private record SweepingDeltas(IndexLane lane, BlockIndex index) implements LaneDeltas {

        @Override
        public void stored(
                StorageTier tier, int group, long parentKey, long[] keys, long[] engineHashes, int from, int count) {
            lane.stored(tier, group, parentKey, keys, engineHashes, from, count);
        }

        @Override
        public void removed(StorageTier tier, int group, long[] keys, int from, int count) {
            lane.removed(tier, group, keys, from, count);
        }

        @Override
        public void cleared(int tierMask) {
            lane.cleared(tierMask);
            index.sweep();
        }

        @Override
        public void epoch(int epoch) {
            lane.epoch(epoch);
            index.sweep();
        }

        @Override
        public void coverage(boolean isComplete) {
            lane.coverage(isComplete);
        }

        @Override
        public void applied(long firstSequence, long lastSequence) {
            lane.applied(firstSequence, lastSequence);
            index.sweep();
        }
    }
}
