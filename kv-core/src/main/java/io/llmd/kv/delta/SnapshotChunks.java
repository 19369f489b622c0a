package io.llmd.kv.delta;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.lane.GroupRule;
import io.llmd.kv.lane.LaneSnapshotTarget;
import io.llmd.kv.wire.ByteBuilder;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes all that a lane holds and makes chunks of it, each small enough for one record of a log. Where the log stood at the
 * cut becomes known later than the content, so {@link #seal} is a second step. For one thread, and one snapshot.
 *
 * <p>A chunk is a fixed part of 72 bytes that names the cut, the chunk's index and their number; then runs as in
 * {@link DeltaRecordReader}'s store operation, always with the engine's hashes; then numbers of copies; then XXH64 of all
 * bytes before. Numbers of copies, little-endian:
 *
 * <pre>
 * 7 copies    op 1, tier 1, group 1, rule 1, count 2, 0 2, engine hashes 8 x count, 4 bits x count filled up to 8 bytes
 * </pre>
 *
 * <p>The rule, also in a run, is 0 for the blocks of prompts, and a {@link GroupRule} for blocks of other KV-cache groups. Their
 * runs say what all groups with the rule hold, their numbers of copies what each group does.
 */
public final class SnapshotChunks implements LaneSnapshotTarget {

    /** Bytes of a chunk at which it is full, 512 KiB. */
    public static final int DEFAULT_BYTES = 512 * 1024;

    /** Chunks of a snapshot; with chunks of 512 KiB that is 134 million blocks. */
    public static final int MAX_CHUNKS = 4096;

    /** Fewer bytes than this per chunk are refused. */
    public static final int MIN_BYTES = 256;

    private static final int FIRST_BYTES = 16 * 1024;
    private static final int FEW_BLOCKS = 16;
    private static final int END_BYTES = SnapshotLayout.CHECKSUM_BYTES;

    private final int maxBytes;
    private final ByteBuilder buffer;
    private final List<byte[]> chunks = new ArrayList<>();
    private long blocks;

    public SnapshotChunks() {
        this(DEFAULT_BYTES);
    }

    /** @param maxBytes bytes of a chunk, in [{@link #MIN_BYTES}, {@link DeltaRecordReader#MAX_BYTES}] */
    public SnapshotChunks(int maxBytes) {
        if (maxBytes < MIN_BYTES || maxBytes > DeltaRecordReader.MAX_BYTES) {
            throw new IllegalArgumentException(
                    "maxBytes: " + maxBytes + " (expected: " + MIN_BYTES + " to " + DeltaRecordReader.MAX_BYTES + ")");
        }
        this.maxBytes = maxBytes;
        buffer = new ByteBuilder(Math.min(maxBytes, FIRST_BYTES));
        begin();
    }

    /** Blocks told so far, once for each tier and group. */
    public long blocks() {
        return blocks;
    }

    /** @throws IllegalStateException when the snapshot has too many chunks */
    @Override
    public void run(
            StorageTier tier, int group, long parentKey, long[] keys, long[] engineHashes, int from, int count) {
        run(tier, group, GroupRule.NONE, parentKey, keys, engineHashes, from, count);
        blocks += count;
    }

    /** @throws IllegalStateException when the snapshot has too many chunks */
    @Override
    public void groupRun(int rule, long[] keys, long[] engineHashes, int from, int count) {
        run(StorageTier.GPU, 0, rule, 0, keys, engineHashes, from, count);
    }

    private void run(
            StorageTier tier,
            int group,
            int rule,
            long parentKey,
            long[] keys,
            long[] engineHashes,
            int from,
            int count) {
        long parent = parentKey;
        int end = from + count;
        for (int at = from; at < end; ) {
            int part = part(end - at, DeltaOps.HEAD_BYTES + Long.BYTES, 2 * Long.BYTES);
            open(DeltaOps.STORE, tier, group, rule, part);
            buffer.putLongLittleEndian(parent);
            putLongs(keys, at, part);
            putLongs(engineHashes, at, part);
            at += part;
            parent = keys[at - 1];
        }
    }

    /** @throws IllegalStateException when the snapshot has too many chunks */
    @Override
    public void copies(StorageTier tier, int group, long[] engineHashes, byte[] copies, int from, int count) {
        copies(tier, group, GroupRule.NONE, engineHashes, copies, from, count);
    }

    /** @throws IllegalStateException when the snapshot has too many chunks */
    @Override
    public void groupCopies(int rule, int group, long[] engineHashes, byte[] copies, int from, int count) {
        copies(StorageTier.GPU, group, rule, engineHashes, copies, from, count);
    }

    private void copies(
            StorageTier tier, int group, int rule, long[] engineHashes, byte[] copies, int from, int count) {
        int end = from + count;
        for (int at = from; at < end; ) {
            int part = part(end - at, DeltaOps.HEAD_BYTES + Long.BYTES, Long.BYTES + 1);
            open(DeltaOps.COUNTS, tier, group, rule, part);
            putLongs(engineHashes, at, part);
            putPacked(copies, at, part);
            at += part;
        }
    }

    /**
     * Finishes the snapshot.
     *
     * @return the chunks in order, at least one; the array of each is exactly its bytes
     */
    public List<byte[]> seal(SnapshotCut cut) {
        finish();
        for (int i = 0; i < chunks.size(); i++) {
            byte[] chunk = chunks.get(i);
            SnapshotLayout.write(chunk, SnapshotLayout.CHUNK_MAGIC, cut, i, chunks.size());
            SnapshotLayout.seal(chunk);
        }
        return List.copyOf(chunks);
    }

    private int part(int wanted, int overhead, int blockBytes) {
        int room = room(overhead, blockBytes);
        if (room < Math.min(wanted, FEW_BLOCKS) && buffer.length() > SnapshotLayout.FIXED_BYTES) {
            finish();
            begin();
            room = room(overhead, blockBytes);
        }
        return Math.min(wanted, Math.min(room, DeltaOps.MAX_BLOCKS));
    }

    private int room(int overhead, int blockBytes) {
        return (maxBytes - END_BYTES - overhead - buffer.length()) / blockBytes;
    }

    private void open(int operation, StorageTier tier, int group, int rule, int count) {
        if (group < 0 || group > 0xFF) {
            throw new IllegalArgumentException("group: " + group + " (expected: 0 to 255)");
        }
        buffer.put(operation);
        buffer.put(tier.ordinal());
        buffer.put(group);
        buffer.put(rule);
        buffer.putShortLittleEndian(count);
        buffer.putShortLittleEndian(0);
    }

    private void putLongs(long[] values, int from, int count) {
        for (int i = from; i < from + count; i++) {
            buffer.putLongLittleEndian(values[i]);
        }
    }

    private void putPacked(byte[] copies, int from, int count) {
        for (int word = 0; word < count; word += 16) {
            long packed = 0;
            for (int i = word; i < Math.min(count, word + 16); i++) {
                packed |= (copies[from + i] & 0xFL) << (i - word) * 4;
            }
            buffer.putLongLittleEndian(packed);
        }
    }

    private void begin() {
        buffer.clear();
        for (int i = 0; i < SnapshotLayout.FIXED_BYTES; i += Long.BYTES) {
            buffer.putLongLittleEndian(0);
        }
    }

    private void finish() {
        if (chunks.size() == MAX_CHUNKS) {
            throw new IllegalStateException("chunks: more than " + MAX_CHUNKS);
        }
        buffer.putLongLittleEndian(0);
        chunks.add(buffer.toByteArray());
    }
}
