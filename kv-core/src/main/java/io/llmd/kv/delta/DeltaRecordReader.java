package io.llmd.kv.delta;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.lane.LaneDeltas;
import org.jspecify.annotations.Nullable;

/**
 * Reads delta records. {@link #check} looks at all of a record before {@link #apply} changes anything, so that a bad record
 * is applied not even in part, and no bytes make it throw. For one thread.
 *
 * <p>After the head of 40 bytes (see {@link DeltaHead}) operations follow, each a multiple of eight bytes, little-endian:
 *
 * <pre>
 * 1 store     op 1, tier 1, group 1, 0 1, count 2, 0 2, parent key 8, keys 8 x count [, engine hashes 8 x count]
 * 2 remove    op 1, tier 1, group 1, 0 1, count 2, 0 2, keys 8 x count
 * 3 clear     op 1, mask of tiers 1, 0 6
 * 4 epoch     op 1, 0 3, epoch 4                       the epoch of the head; everything is gone but shared storage
 * 5 heartbeat op 1, 0 7, owner's clock in ms since 1970 8
 * 6 coverage  op 1, 0 partial or 1 complete 1, 0 6
 * </pre>
 *
 * <p>Tiers are ordinals of {@link StorageTier}; zeros are reserved and checked.
 */
public final class DeltaRecordReader {

    /** Bytes of the largest record that is read, 1 MiB. */
    public static final int MAX_BYTES = 1 << 20;

    private long[] keys = new long[256];
    private long[] hashes = new long[256];
    private long[] noHashes = new long[256];
    private byte @Nullable [] checked;

    /** Looks at a record without applying it. A good one is what {@link #apply} applies. */
    public DeltaReading check(byte[] bytes) {
        checked = null;
        DeltaFault fault = faultOfHead(bytes);
        if (fault != null) {
            return new DeltaReading.Bad(fault, 0);
        }
        DeltaHead head = DeltaHead.read(bytes);
        if (head.endsBatches() && Long.compareUnsigned(head.firstSequence(), head.lastSequence()) > 0) {
            return new DeltaReading.Bad(DeltaFault.BAD_HEAD, 16);
        }
        long clock = -1;
        int at = DeltaHead.BYTES;
        while (at < bytes.length) {
            fault = bytes[at] == DeltaOps.COUNTS
                    ? DeltaFault.UNKNOWN_OPERATION
                    : DeltaOps.fault(bytes, at, bytes.length, head.hasEngineHashes(), head.epoch());
            if (fault != null) {
                return new DeltaReading.Bad(fault, at);
            }
            if (bytes[at] == DeltaOps.HEARTBEAT) {
                clock = LittleEndian.getLong(bytes, at + DeltaOps.HEAD_BYTES) & Long.MAX_VALUE;
            }
            at += DeltaOps.length(bytes, at, head.hasEngineHashes());
        }
        checked = bytes;
        return new DeltaReading.Good(head, clock);
    }

    private static @Nullable DeltaFault faultOfHead(byte[] bytes) {
        if (bytes.length < DeltaHead.BYTES) {
            return DeltaFault.TOO_SHORT;
        }
        if (bytes.length > MAX_BYTES) {
            return DeltaFault.TOO_LONG;
        }
        if (LittleEndian.unsignedShort(bytes, 0) != DeltaHead.MAGIC) {
            return DeltaFault.WRONG_MAGIC;
        }
        if (bytes[2] != DeltaHead.VERSION) {
            return DeltaFault.UNKNOWN_VERSION;
        }
        if ((bytes[3] & ~DeltaHead.ALL_FLAGS) != 0) {
            return DeltaFault.UNKNOWN_FLAG;
        }
        return bytes.length % Long.BYTES != 0 ? DeltaFault.UNALIGNED : null;
    }

    /**
     * Applies the record that was found good by the last {@link #check}. Runs without the engine's identities come with
     * zeros in their place.
     *
     * @throws IllegalStateException when the last one checked was another or a bad one
     */
    public void apply(byte[] bytes, LaneDeltas target) {
        if (bytes != checked) {
            throw new IllegalStateException("record was not checked");
        }
        DeltaHead head = DeltaHead.read(bytes);
        int at = DeltaHead.BYTES;
        while (at < bytes.length) {
            applyOne(bytes, at, head, target);
            at += DeltaOps.length(bytes, at, head.hasEngineHashes());
        }
        if (head.endsBatches()) {
            target.applied(head.firstSequence(), head.lastSequence());
        }
    }

    private void applyOne(byte[] bytes, int at, DeltaHead head, LaneDeltas target) {
        int second = LittleEndian.unsignedByte(bytes, at + 1);
        switch (bytes[at]) {
            case DeltaOps.STORE -> store(bytes, at, head.hasEngineHashes(), target);
            case DeltaOps.REMOVE -> {
                int count = readKeys(bytes, at, at + DeltaOps.HEAD_BYTES);
                target.removed(StorageTier.of(second), group(bytes, at), keys, 0, count);
            }
            case DeltaOps.CLEAR -> target.cleared(second);
            case DeltaOps.EPOCH -> target.epoch(head.epoch());
            case DeltaOps.COVERAGE -> target.coverage(second == 1);
            default -> {
                // A heartbeat changes nothing.
            }
        }
    }

    private void store(byte[] bytes, int at, boolean hasEngineHashes, LaneDeltas target) {
        long parent = LittleEndian.getLong(bytes, at + DeltaOps.HEAD_BYTES);
        int firstKey = at + DeltaOps.HEAD_BYTES + Long.BYTES;
        int count = readKeys(bytes, at, firstKey);
        if (hasEngineHashes) {
            LittleEndian.getLongs(bytes, firstKey + count * Long.BYTES, hashes, count);
        }
        StorageTier tier = StorageTier.of(bytes[at + 1]);
        target.stored(tier, group(bytes, at), parent, keys, hasEngineHashes ? hashes : noHashes, 0, count);
    }

    private int readKeys(byte[] bytes, int at, int firstKey) {
        int count = LittleEndian.unsignedShort(bytes, at + 4);
        if (count > keys.length) {
            keys = new long[Math.max(count, Math.min(2 * keys.length, DeltaOps.MAX_BLOCKS))];
            hashes = new long[keys.length];
            noHashes = new long[keys.length];
        }
        LittleEndian.getLongs(bytes, firstKey, keys, count);
        return count;
    }

    private static int group(byte[] bytes, int at) {
        return LittleEndian.unsignedByte(bytes, at + 2);
    }
}
