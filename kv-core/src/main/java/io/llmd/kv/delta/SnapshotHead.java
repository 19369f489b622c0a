package io.llmd.kv.delta;

import org.jspecify.annotations.Nullable;

/**
 * Names the newest whole snapshot of a lane; written when all chunks of it are in the log.
 *
 * <p>96 bytes: the fixed part of a chunk with magic {@code 0x4B48} and the generation in place of the index, blocks (8),
 * XXH64 of the chunks' checksums in order (8), XXH64 of all bytes before (8).
 *
 * @param generation which of the two sets of keys its chunks have, 0 or 1
 * @param blocks blocks in it, once for each tier and group
 */
public record SnapshotHead(SnapshotCut cut, int generation, int chunkCount, long blocks, long contentHash) {

    public SnapshotHead {
        if (generation != 0 && generation != 1) {
            throw new IllegalArgumentException("generation: " + generation + " (expected: 0 or 1)");
        }
    }

    /** The head of a snapshot whose chunks were sealed. */
    public static SnapshotHead of(SnapshotCut cut, int generation, Iterable<byte[]> chunks, int count, long blocks) {
        SnapshotSet set = new SnapshotSet(cut, count);
        int index = 0;
        for (byte[] chunk : chunks) {
            set.put(index++, chunk);
        }
        return new SnapshotHead(cut, generation, count, blocks, set.contentHash());
    }

    /** Whether a set is the one that this head names, and whole. */
    public boolean names(SnapshotSet set) {
        return set.isComplete()
                && set.cut().equals(cut)
                && set.chunkCount() == chunkCount
                && set.contentHash() == contentHash;
    }

    public byte[] toBytes() {
        byte[] bytes = new byte[SnapshotLayout.HEAD_BYTES];
        SnapshotLayout.write(bytes, SnapshotLayout.HEAD_MAGIC, cut, generation, chunkCount);
        LittleEndian.setLong(bytes, SnapshotLayout.FIXED_BYTES, blocks);
        LittleEndian.setLong(bytes, SnapshotLayout.FIXED_BYTES + Long.BYTES, contentHash);
        SnapshotLayout.seal(bytes);
        return bytes;
    }

    /** Reads a head; null when the bytes are none, see {@link #fault}. */
    public static @Nullable SnapshotHead read(byte[] bytes) {
        if (fault(bytes) != null) {
            return null;
        }
        return new SnapshotHead(
                SnapshotLayout.cut(bytes),
                SnapshotLayout.index(bytes),
                SnapshotLayout.chunkCount(bytes),
                LittleEndian.getLong(bytes, SnapshotLayout.FIXED_BYTES),
                LittleEndian.getLong(bytes, SnapshotLayout.FIXED_BYTES + Long.BYTES));
    }

    /** Why bytes are no head; null when they are one. */
    public static @Nullable DeltaFault fault(byte[] bytes) {
        DeltaFault fault = SnapshotLayout.fault(bytes, SnapshotLayout.HEAD_MAGIC, SnapshotLayout.HEAD_BYTES);
        if (fault == null && (bytes.length != SnapshotLayout.HEAD_BYTES || (SnapshotLayout.index(bytes) & ~1) != 0)) {
            return DeltaFault.BAD_HEAD;
        }
        return fault;
    }
}
