package io.llmd.kv.delta;

import io.llmd.kv.lane.CopyCounting;
import java.util.Objects;
import net.openhft.hashing.LongHashFunction;
import org.jspecify.annotations.Nullable;

/**
 * The fixed part of chunks and heads, 72 bytes, and the checksum that ends them.
 *
 * <pre>
 *  0 magic 2, version 2 (1), flags 1 (2 engine hashes, 4 partial)      40 next offset 8
 *  4 lane 4                                                        48 record sequence 8
 *  8 term 4                                                        56 last engine sequence 8
 * 12 epoch 4                                                       64 XXH64 of that batch's payload 8
 * 16 snapshot id 8
 * 24 index of the chunk, or generation of the head 4
 * 28 number of chunks 4
 * 32 partition 4, how copies are counted 4, see {@link CopyCounting#toNumber}
 * </pre>
 */
final class SnapshotLayout {

    static final int FIXED_BYTES = 72;
    static final int CHECKSUM_BYTES = 8;
    static final int CHUNK_MAGIC = 0x4B53;
    static final int HEAD_MAGIC = 0x4B48;
    static final int HEAD_BYTES = FIXED_BYTES + 2 * Long.BYTES + CHECKSUM_BYTES;

    private static final int VERSION = 2;
    private static final LongHashFunction XXH64 = LongHashFunction.xx();

    private SnapshotLayout() {}

    static void write(byte[] target, int magic, SnapshotCut cut, int index, int chunkCount) {
        LittleEndian.setShort(target, 0, magic);
        target[2] = VERSION;
        target[3] = (byte) (DeltaHead.ENGINE_HASHES | (cut.isPartial() ? DeltaHead.PARTIAL : 0));
        LittleEndian.setInt(target, 4, cut.lane());
        LittleEndian.setInt(target, 8, cut.term());
        LittleEndian.setInt(target, 12, cut.epoch());
        LittleEndian.setLong(target, 16, cut.snapshotId());
        LittleEndian.setInt(target, 24, index);
        LittleEndian.setInt(target, 28, chunkCount);
        LittleEndian.setInt(target, 32, cut.partition());
        LittleEndian.setInt(target, 36, cut.counting().toNumber());
        LittleEndian.setLong(target, 40, cut.nextOffset());
        LittleEndian.setLong(target, 48, cut.recordSequence());
        LittleEndian.setLong(target, 56, cut.lastEngineSequence());
        LittleEndian.setLong(target, 64, cut.enginePayloadHash());
    }

    static @Nullable DeltaFault fault(byte[] source, int magic, int minBytes) {
        if (source.length < minBytes) {
            return DeltaFault.TOO_SHORT;
        }
        if (source.length > DeltaRecordReader.MAX_BYTES) {
            return DeltaFault.TOO_LONG;
        }
        if (LittleEndian.unsignedShort(source, 0) != magic) {
            return DeltaFault.WRONG_MAGIC;
        }
        if (source[2] != VERSION) {
            return DeltaFault.UNKNOWN_VERSION;
        }
        if ((source[3] & ~(DeltaHead.ENGINE_HASHES | DeltaHead.PARTIAL)) != 0
                || (source[3] & DeltaHead.ENGINE_HASHES) == 0) {
            return DeltaFault.UNKNOWN_FLAG;
        }
        if (source.length % Long.BYTES != 0) {
            return DeltaFault.UNALIGNED;
        }
        if (checksum(source) != computed(source)) {
            return DeltaFault.WRONG_CHECKSUM;
        }
        return faultOfNumbers(source);
    }

    private static @Nullable DeltaFault faultOfNumbers(byte[] source) {
        int count = chunkCount(source);
        boolean isGood = count > 0
                && count <= SnapshotChunks.MAX_CHUNKS
                && LittleEndian.getInt(source, 32) >= 0
                && CopyCounting.of(LittleEndian.getInt(source, 36)) != null
                && LittleEndian.getLong(source, 40) >= 0
                && LittleEndian.getLong(source, 48) >= 0;
        return isGood ? null : DeltaFault.BAD_HEAD;
    }

    static SnapshotCut cut(byte[] source) {
        return new SnapshotCut(
                LittleEndian.getInt(source, 4),
                LittleEndian.getInt(source, 8),
                LittleEndian.getInt(source, 12),
                LittleEndian.getLong(source, 16),
                LittleEndian.getInt(source, 32),
                LittleEndian.getLong(source, 40),
                LittleEndian.getLong(source, 48),
                LittleEndian.getLong(source, 56),
                LittleEndian.getLong(source, 64),
                (source[3] & DeltaHead.PARTIAL) != 0,
                Objects.requireNonNull(CopyCounting.of(LittleEndian.getInt(source, 36)), "counting"));
    }

    static int index(byte[] source) {
        return LittleEndian.getInt(source, 24);
    }

    static int chunkCount(byte[] source) {
        return LittleEndian.getInt(source, 28);
    }

    /** Writes the checksum over everything before it. */
    static void seal(byte[] target) {
        LittleEndian.setLong(target, target.length - CHECKSUM_BYTES, computed(target));
    }

    static long checksum(byte[] source) {
        return LittleEndian.getLong(source, source.length - CHECKSUM_BYTES);
    }

    static long hash(byte[] bytes) {
        return XXH64.hashBytes(bytes);
    }

    private static long computed(byte[] source) {
        return XXH64.hashBytes(source, 0, source.length - CHECKSUM_BYTES);
    }
}
