package io.llmd.kv.ingest.owner;

import io.llmd.kv.delta.SnapshotSet;
import io.llmd.kv.event.KvEventDecoder;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.ingest.FeedPosition;
import io.llmd.kv.ingest.LaneReader;
import io.llmd.kv.ingest.LaneTarget;
import io.llmd.kv.ingest.kafka.LanePublisher;
import io.llmd.kv.ingest.kafka.OwnedLane;
import io.llmd.kv.lane.LaneDeltas;
import io.llmd.kv.lane.LaneSettings;
import io.llmd.kv.lane.LaneSnapshotTarget;
import io.llmd.kv.lane.LaneState;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One lane between an engine's sockets and the log: follows the engine, tells a publisher what changes, and is what the
 * publisher's snapshots are of. For the sources' thread once it is followed, for the thread that makes it before.
 */
final class EngineLane implements OwnedLane, LaneTarget {

    /** Tells whoever publishes now; nobody while no term is open, for the next one begins with a snapshot. */
    private final class CurrentPublisher implements LaneDeltas {

        @Override
        public void stored(
                StorageTier tier, int group, long parentKey, long[] keys, long[] engineHashes, int from, int count) {
            if (publisher != null) {
                publisher.stored(tier, group, parentKey, keys, engineHashes, from, count);
            }
        }

        @Override
        public void removed(StorageTier tier, int group, long[] keys, int from, int count) {
            if (publisher != null) {
                publisher.removed(tier, group, keys, from, count);
            }
        }

        @Override
        public void cleared(int tierMask) {
            if (publisher != null) {
                publisher.cleared(tierMask);
            }
        }

        @Override
        public void epoch(int value) {
            if (publisher != null) {
                publisher.epoch(value);
            }
        }

        @Override
        public void coverage(boolean isComplete) {
            isPartial = !isComplete;
            if (publisher != null) {
                publisher.coverage(isComplete);
            }
        }

        @Override
        public void applied(long firstSequence, long last) {
            if (publisher != null) {
                publisher.applied(firstSequence, last);
            }
        }
    }

    private final LaneState state;
    private final LaneReader reader;
    private final LongSupplier nanoClock;
    private @Nullable LanePublisher publisher;
    private volatile int publishedTerm;
    private int epoch;
    private long lastSequence = -1;
    private long lastPayloadHash;
    private boolean isPartial = true;

    /** @param decoder shared by all lanes of the sources' thread */
    EngineLane(LaneSettings settings, KvEventDecoder decoder, LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        CurrentPublisher deltas = new CurrentPublisher();
        state = new LaneState(settings, deltas);
        reader = new LaneReader(decoder, state, deltas, () -> nanoClock.getAsLong() / 1_000_000, adapter -> {});
    }

    /** Goes on from a snapshot; from nothing when it does not hold all that is needed. */
    void restore(SnapshotSet snapshot) {
        epoch = snapshot.cut().epoch();
        reader.resume(epoch);
        if (snapshot.cut().lastEngineSequence() >= 0) {
            state.restore(snapshot::writeTo);
            lastSequence = snapshot.cut().lastEngineSequence();
            lastPayloadHash = snapshot.cut().enginePayloadHash();
            reader.coverage(!snapshot.cut().isPartial());
        }
    }

    /** How far the engine was followed. */
    FeedPosition position() {
        return new FeedPosition(epoch, lastSequence, lastPayloadHash);
    }

    int epoch() {
        return epoch;
    }

    /** Who publishes now; null before the first term. */
    @Nullable
    LanePublisher publisher() {
        return publisher;
    }

    /** Term of the newest publisher; 0 before the first one. From any thread. */
    int publishedTerm() {
        return publishedTerm;
    }

    /** From now on tells another publisher, which begins with a snapshot of this lane. */
    void publishTo(LanePublisher now) {
        publisher = now;
        publishedTerm = now.term();
    }

    LaneReader reader() {
        return reader;
    }

    /** Sends what waits; see {@link LanePublisher#tick}. */
    void tick() {
        long now = nanoClock.getAsLong();
        state.tidy(now / 1_000_000);
        if (publisher != null) {
            publisher.tick(now);
        }
    }

    /** Forgets everything, as if the engine were another process than before. */
    void forget() {
        newEpoch(epoch + 1);
        coverage(false);
    }

    @Override
    public int batch(long sequence, byte[] payload, int from, int to) {
        int rank = reader.batch(sequence, payload, from, to);
        lastSequence = sequence;
        lastPayloadHash = FeedPosition.hash(payload, from, to);
        if (publisher != null) {
            publisher.tick(nanoClock.getAsLong());
        }
        return rank;
    }

    @Override
    public void newEpoch(int value) {
        epoch = value;
        lastSequence = -1;
        lastPayloadHash = 0;
        isPartial = true;
        reader.newEpoch(value);
    }

    @Override
    public void clear() {
        isPartial = true;
        reader.clear();
    }

    @Override
    public void coverage(boolean isComplete) {
        reader.coverage(isComplete);
    }

    @Override
    public void writeTo(LaneSnapshotTarget target) {
        state.writeTo(target);
    }

    @Override
    public long blocks() {
        return state.heldByTier();
    }

    @Override
    public boolean isPartial() {
        return isPartial;
    }

    /** None while the state cannot be restored, so that the next owner begins anew. */
    @Override
    public long lastSequence() {
        return state.isRestorable() ? lastSequence : -1;
    }

    @Override
    public long lastPayloadHash() {
        return state.isRestorable() ? lastPayloadHash : 0;
    }
}
