package io.llmd.kv.delta;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.lane.GroupRule;
import org.jspecify.annotations.Nullable;

/** The operations of records and chunks: their numbers and lengths, and the check that comes before any is applied. */
final class DeltaOps {

    static final int STORE = 1;
    static final int REMOVE = 2;
    static final int CLEAR = 3;
    static final int EPOCH = 4;
    static final int HEARTBEAT = 5;
    static final int COVERAGE = 6;
    static final int COUNTS = 7;

    /** Bytes of an operation before its numbers of eight bytes. */
    static final int HEAD_BYTES = 8;

    /** Blocks of one operation. */
    static final int MAX_BLOCKS = 0xFFFF;

    private DeltaOps() {}

    /** Bytes of the operation at a place, which is known to be whole. */
    static int length(byte[] bytes, int at, boolean hasEngineHashes) {
        int blocks = LittleEndian.unsignedShort(bytes, at + 4);
        return switch (bytes[at]) {
            case STORE -> HEAD_BYTES + Long.BYTES + blocks * Long.BYTES * (hasEngineHashes ? 2 : 1);
            case REMOVE -> HEAD_BYTES + blocks * Long.BYTES;
            case COUNTS -> HEAD_BYTES + blocks * Long.BYTES + packedBytes(blocks);
            case HEARTBEAT -> HEAD_BYTES + Long.BYTES;
            default -> HEAD_BYTES;
        };
    }

    /** Bytes that hold four bits for each block, filled up to eight bytes. */
    static int packedBytes(int blocks) {
        return (blocks + 15) / 16 * Long.BYTES;
    }

    /**
     * Looks for the first fault of the operation at a place.
     *
     * @param end where the operations end; eight bytes or more after the place
     */
    static @Nullable DeltaFault fault(byte[] bytes, int at, int end, boolean hasEngineHashes, int epoch) {
        return switch (bytes[at]) {
            case STORE, REMOVE, COUNTS ->
                bytes[at + 3] == 0 ? faultOfBlocks(bytes, at, end, hasEngineHashes) : DeltaFault.BAD_VALUE;
            case CLEAR -> {
                int mask = LittleEndian.unsignedByte(bytes, at + 1);
                yield mask == 0 || (mask & ~StorageTier.ALL) != 0 ? DeltaFault.UNKNOWN_TIER : reserved(bytes, at, 16);
            }
            case COVERAGE -> (bytes[at + 1] & ~1) != 0 ? DeltaFault.BAD_VALUE : reserved(bytes, at, 16);
            case EPOCH ->
                LittleEndian.getInt(bytes, at) != EPOCH || LittleEndian.getInt(bytes, at + 4) != epoch
                        ? DeltaFault.BAD_VALUE
                        : null;
            case HEARTBEAT -> end - at < HEAD_BYTES + Long.BYTES ? DeltaFault.TRUNCATED : reserved(bytes, at, 8);
            default -> DeltaFault.UNKNOWN_OPERATION;
        };
    }

    /** The same for an operation of a snapshot, which may be about other KV-cache groups. */
    static @Nullable DeltaFault faultInSnapshot(byte[] bytes, int at, int end) {
        if (bytes[at] != STORE && bytes[at] != COUNTS) {
            return DeltaFault.UNKNOWN_OPERATION;
        }
        int rule = LittleEndian.unsignedByte(bytes, at + 3);
        return rule == GroupRule.NONE || GroupRule.isRule(rule) || rule == GroupRule.UNKNOWN
                ? faultOfBlocks(bytes, at, end, true)
                : DeltaFault.BAD_VALUE;
    }

    private static @Nullable DeltaFault faultOfBlocks(byte[] bytes, int at, int end, boolean hasEngineHashes) {
        if (LittleEndian.unsignedByte(bytes, at + 1) >= StorageTier.COUNT) {
            return DeltaFault.UNKNOWN_TIER;
        }
        if (LittleEndian.unsignedShort(bytes, at + 6) != 0) {
            return DeltaFault.BAD_VALUE;
        }
        if (LittleEndian.unsignedShort(bytes, at + 4) == 0) {
            return DeltaFault.NO_BLOCKS;
        }
        return length(bytes, at, hasEngineHashes) > end - at ? DeltaFault.TRUNCATED : null;
    }

    private static @Nullable DeltaFault reserved(byte[] bytes, int at, int bitsInUse) {
        return LittleEndian.getLong(bytes, at) >>> bitsInUse != 0 ? DeltaFault.BAD_VALUE : null;
    }
}
