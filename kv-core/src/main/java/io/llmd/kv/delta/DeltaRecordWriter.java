package io.llmd.kv.delta;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.lane.LaneDeltas;
import io.llmd.kv.wire.ByteBuilder;
import java.util.Objects;

/**
 * Writes what changes in a lane, during one term of its owner, into delta records. Changes gather in one buffer until
 * {@link #flush} or until the record is as large as allowed; longer runs are split, each part with its parent. Nothing is
 * allocated but the head of each record. For one thread.
 *
 * <p>The layout of operations is {@link DeltaRecordReader}'s.
 */
public final class DeltaRecordWriter implements LaneDeltas {

    /** Bytes of a record at which it is full: as many as a producer's batch takes at least. */
    public static final int DEFAULT_BYTES = 64 * 1024;

    /** Fewer bytes than this per record are refused; heads would weigh too much. */
    public static final int MIN_BYTES = 256;

    private static final int FIRST_BYTES = 4 * 1024;
    private static final int FEW_BLOCKS = 16;

    /** Takes finished records. */
    @FunctionalInterface
    public interface Output {

        /**
         * A record is finished.
         *
         * @param bytes valid up to {@code length} and during the call only
         */
        void record(DeltaHead head, byte[] bytes, int length);
    }

    private final int lane;
    private final int term;
    private final int maxBytes;
    private final boolean hasEngineHashes;
    private final Output output;
    private final ByteBuilder buffer;
    private int epoch;
    private boolean isPartial = true;
    private boolean isSnapshotDue;
    private long recordSequence;
    private boolean endsBatches;
    private long firstSequence;
    private long nextSequence;
    private int openAt;
    private long openLastKey;

    /**
     * A writer at the begin of a term: its first record has number 0, and the lane is partial until {@link #coverage}.
     *
     * @param epoch the publisher's epoch at this moment
     * @param hasEngineHashes whether runs carry the engine's identities; readers of queries need none
     * @param maxBytes bytes of a record, in [{@link #MIN_BYTES}, {@link DeltaRecordReader#MAX_BYTES}]
     */
    public DeltaRecordWriter(int lane, int term, int epoch, boolean hasEngineHashes, int maxBytes, Output output) {
        if (maxBytes < MIN_BYTES || maxBytes > DeltaRecordReader.MAX_BYTES) {
            throw new IllegalArgumentException(
                    "maxBytes: " + maxBytes + " (expected: " + MIN_BYTES + " to " + DeltaRecordReader.MAX_BYTES + ")");
        }
        this.lane = lane;
        this.term = term;
        this.epoch = epoch;
        this.hasEngineHashes = hasEngineHashes;
        this.maxBytes = maxBytes;
        this.output = Objects.requireNonNull(output, "output");
        buffer = new ByteBuilder(Math.min(maxBytes, FIRST_BYTES));
        begin();
    }

    /** Number of the next record, which is the number of records written so far. */
    public long nextRecordSequence() {
        return recordSequence;
    }

    /** The publisher's epoch. */
    public int epoch() {
        return epoch;
    }

    /** Whether the lane is partial. */
    public boolean isPartial() {
        return isPartial;
    }

    /** Whether changes wait for {@link #flush}. */
    public boolean hasPending() {
        return buffer.length() > DeltaHead.BYTES || endsBatches;
    }

    /** From the next record on readers wait for a snapshot of this term. */
    public void snapshotDue() {
        isSnapshotDue = true;
    }

    /** The snapshot is cut before the next record. */
    public void snapshotCut() {
        isSnapshotDue = false;
    }

    /** @throws IllegalArgumentException when the group is not in [0, 255] */
    @Override
    public void stored(
            StorageTier tier, int group, long parentKey, long[] keys, long[] engineHashes, int from, int count) {
        checkGroup(group);
        int blockBytes = hasEngineHashes ? 2 * Long.BYTES : Long.BYTES;
        int at = from;
        int end = from + count;
        long parent = parentKey;
        while (at < end) {
            boolean appends = !hasEngineHashes && continues(tier, group) && openLastKey == parent && parent != 0;
            int overhead = appends ? 0 : DeltaOps.HEAD_BYTES + Long.BYTES;
            int blocks = fitting(end - at, blockBytes, overhead, appends);
            if (blocks == 0) {
                emit();
                continue;
            }
            if (appends) {
                addToOpen(blocks);
            } else {
                open(DeltaOps.STORE, tier, group, blocks);
                buffer.putLongLittleEndian(parent);
            }
            putLongs(keys, at, blocks);
            if (hasEngineHashes) {
                putLongs(engineHashes, at, blocks);
            }
            at += blocks;
            parent = keys[at - 1];
            openLastKey = parent;
        }
    }

    /** @throws IllegalArgumentException when the group is not in [0, 255] */
    @Override
    public void removed(StorageTier tier, int group, long[] keys, int from, int count) {
        checkGroup(group);
        int at = from;
        int end = from + count;
        while (at < end) {
            boolean appends = continuesRemoval(tier, group);
            int blocks = fitting(end - at, Long.BYTES, appends ? 0 : DeltaOps.HEAD_BYTES, appends);
            if (blocks == 0) {
                emit();
                continue;
            }
            if (appends) {
                addToOpen(blocks);
            } else {
                open(DeltaOps.REMOVE, tier, group, blocks);
            }
            putLongs(keys, at, blocks);
            at += blocks;
        }
    }

    /** @throws IllegalArgumentException when the mask names no tier or one that does not exist */
    @Override
    public void cleared(int tierMask) {
        if (tierMask == 0 || (tierMask & ~StorageTier.ALL) != 0) {
            throw new IllegalArgumentException("tierMask: " + tierMask + " (expected: tiers of the enum)");
        }
        putSmall(DeltaOps.CLEAR, tierMask);
    }

    /** Begins a record, so that all operations of one record belong to the epoch that its head names. */
    @Override
    public void epoch(int newEpoch) {
        flush();
        epoch = newEpoch;
        nextSequence = 0;
        reserveOperation(DeltaOps.HEAD_BYTES);
        buffer.putIntLittleEndian(DeltaOps.EPOCH);
        buffer.putIntLittleEndian(newEpoch);
    }

    @Override
    public void coverage(boolean isComplete) {
        isPartial = !isComplete;
        putSmall(DeltaOps.COVERAGE, isComplete ? 1 : 0);
    }

    @Override
    public void applied(long first, long last) {
        if (!endsBatches) {
            endsBatches = true;
            firstSequence = first;
        }
        nextSequence = last + 1;
    }

    /** Writes a record that says that the owner lives, with everything that waits. */
    public void heartbeat(long ownerClockMillis) {
        reserveOperation(DeltaOps.HEAD_BYTES + Long.BYTES);
        buffer.putLongLittleEndian(DeltaOps.HEARTBEAT);
        buffer.putLongLittleEndian(ownerClockMillis);
        emit();
    }

    /** Writes what waits as a record; nothing when nothing does. */
    public void flush() {
        if (hasPending()) {
            emit();
        }
    }

    private static void checkGroup(int group) {
        if (group < 0 || group > 0xFF) {
            throw new IllegalArgumentException("group: " + group + " (expected: 0 to 255)");
        }
    }

    private boolean continues(StorageTier tier, int group) {
        return isOpen(DeltaOps.STORE, tier, group);
    }

    private boolean continuesRemoval(StorageTier tier, int group) {
        return isOpen(DeltaOps.REMOVE, tier, group);
    }

    private boolean isOpen(int operation, StorageTier tier, int group) {
        byte[] bytes = buffer.array();
        return openAt != 0
                && bytes[openAt] == operation
                && bytes[openAt + 1] == tier.ordinal()
                && LittleEndian.unsignedByte(bytes, openAt + 2) == group
                && LittleEndian.unsignedShort(bytes, openAt + 4) < DeltaOps.MAX_BLOCKS;
    }

    /** How many blocks go into this record now: all, or not so few that a record of their own is better, or none. */
    private int fitting(int wanted, int blockBytes, int overhead, boolean appends) {
        int room = (maxBytes - buffer.length() - overhead) / blockBytes;
        int most = appends
                ? DeltaOps.MAX_BLOCKS - LittleEndian.unsignedShort(buffer.array(), openAt + 4)
                : DeltaOps.MAX_BLOCKS;
        int blocks = Math.min(wanted, Math.min(room, most));
        boolean isCutShort = room < Math.min(wanted, FEW_BLOCKS) && hasPending();
        return isCutShort ? 0 : blocks;
    }

    private void open(int operation, StorageTier tier, int group, int blocks) {
        openAt = buffer.length();
        buffer.put(operation);
        buffer.put(tier.ordinal());
        buffer.put(group);
        buffer.put(0);
        buffer.putShortLittleEndian(blocks);
        buffer.putShortLittleEndian(0);
    }

    private void addToOpen(int blocks) {
        int before = LittleEndian.unsignedShort(buffer.array(), openAt + 4);
        LittleEndian.setShort(buffer.array(), openAt + 4, before + blocks);
    }

    private void putLongs(long[] values, int from, int count) {
        for (int i = from; i < from + count; i++) {
            buffer.putLongLittleEndian(values[i]);
        }
    }

    private void putSmall(int operation, int value) {
        reserveOperation(DeltaOps.HEAD_BYTES);
        buffer.putLongLittleEndian(operation | value << 8);
    }

    private void reserveOperation(int bytes) {
        if (buffer.length() + bytes > maxBytes) {
            emit();
        }
        openAt = 0;
    }

    private void emit() {
        long first = endsBatches ? firstSequence : nextSequence;
        DeltaHead head = new DeltaHead(
                lane,
                term,
                epoch,
                first,
                nextSequence - 1,
                recordSequence++,
                isSnapshotDue,
                hasEngineHashes,
                isPartial);
        head.write(buffer.array());
        int length = buffer.length();
        try {
            output.record(head, buffer.array(), length);
        } finally {
            begin();
        }
    }

    private void begin() {
        buffer.clear();
        for (int i = 0; i < DeltaHead.BYTES; i += Long.BYTES) {
            buffer.putLongLittleEndian(0);
        }
        openAt = 0;
        endsBatches = false;
    }
}
