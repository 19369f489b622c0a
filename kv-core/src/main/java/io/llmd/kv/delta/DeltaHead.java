package io.llmd.kv.delta;

/**
 * The fixed part of a delta record: whose changes these are and where they belong in the lane's order. Terms, epochs and
 * sequences are unsigned.
 *
 * <p>40 bytes, little-endian: magic {@code 0x4B44} (2), version 1 (1), flags (1), lane (4), term (4), epoch (4), first and
 * last sequence (8 each), record sequence (8).
 *
 * @param lane number of the lane, as its description says
 * @param term term of the owner that wrote the record; a higher one replaces all lower ones
 * @param epoch epoch of the publisher, in which all operations of the record happened
 * @param firstSequence the publisher's first batch that ends in this record
 * @param lastSequence the last one; {@code firstSequence - 1} when no batch ends here
 * @param recordSequence number of the record in its lane and term, from 0 without holes
 * @param isSnapshotDue whether the owner began its term with a state that only a snapshot still to come tells
 * @param hasEngineHashes whether runs carry the engine's identities of the blocks
 * @param isPartial whether the lane knows only a part of what the endpoint holds, after this record
 */
public record DeltaHead(
        int lane,
        int term,
        int epoch,
        long firstSequence,
        long lastSequence,
        long recordSequence,
        boolean isSnapshotDue,
        boolean hasEngineHashes,
        boolean isPartial) {

    static final int BYTES = 40;
    static final int MAGIC = 0x4B44;
    static final int VERSION = 1;
    static final int SNAPSHOT_DUE = 1;
    static final int ENGINE_HASHES = 2;
    static final int PARTIAL = 4;
    static final int ALL_FLAGS = SNAPSHOT_DUE | ENGINE_HASHES | PARTIAL;

    /** Whether a batch of the publisher ends in this record. */
    public boolean endsBatches() {
        return lastSequence + 1 != firstSequence;
    }

    void write(byte[] target) {
        LittleEndian.setShort(target, 0, MAGIC);
        target[2] = VERSION;
        target[3] = (byte) ((isSnapshotDue ? SNAPSHOT_DUE : 0)
                | (hasEngineHashes ? ENGINE_HASHES : 0)
                | (isPartial ? PARTIAL : 0));
        LittleEndian.setInt(target, 4, lane);
        LittleEndian.setInt(target, 8, term);
        LittleEndian.setInt(target, 12, epoch);
        LittleEndian.setLong(target, 16, firstSequence);
        LittleEndian.setLong(target, 24, lastSequence);
        LittleEndian.setLong(target, 32, recordSequence);
    }

    static DeltaHead read(byte[] source) {
        int flags = source[3];
        return new DeltaHead(
                LittleEndian.getInt(source, 4),
                LittleEndian.getInt(source, 8),
                LittleEndian.getInt(source, 12),
                LittleEndian.getLong(source, 16),
                LittleEndian.getLong(source, 24),
                LittleEndian.getLong(source, 32),
                (flags & SNAPSHOT_DUE) != 0,
                (flags & ENGINE_HASHES) != 0,
                (flags & PARTIAL) != 0);
    }
}
