package io.llmd.kv.delta;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.lane.GroupRule;
import io.llmd.kv.lane.LaneSnapshotTarget;
import org.jspecify.annotations.Nullable;

/** Goes through the content of a chunk: once to find faults, once to tell it. For one thread. */
final class SnapshotScan {

    private long[] keys = new long[1024];
    private long[] hashes = new long[1024];
    private byte[] copies = new byte[1024];

    static @Nullable DeltaFault fault(byte[] chunk) {
        int end = chunk.length - SnapshotLayout.CHECKSUM_BYTES;
        DeltaFault fault = null;
        for (int at = SnapshotLayout.FIXED_BYTES; at < end && fault == null; at += DeltaOps.length(chunk, at, true)) {
            fault = DeltaOps.faultInSnapshot(chunk, at, end);
        }
        return fault;
    }

    void apply(byte[] chunk, LaneSnapshotTarget target) {
        int end = chunk.length - SnapshotLayout.CHECKSUM_BYTES;
        for (int at = SnapshotLayout.FIXED_BYTES; at < end; at += DeltaOps.length(chunk, at, true)) {
            int count = LittleEndian.unsignedShort(chunk, at + 4);
            StorageTier tier = StorageTier.of(chunk[at + 1]);
            int group = LittleEndian.unsignedByte(chunk, at + 2);
            int rule = LittleEndian.unsignedByte(chunk, at + 3);
            grow(count);
            int first = at + DeltaOps.HEAD_BYTES;
            if (chunk[at] == DeltaOps.STORE) {
                long parent = LittleEndian.getLong(chunk, first);
                LittleEndian.getLongs(chunk, first + Long.BYTES, keys, count);
                LittleEndian.getLongs(chunk, first + Long.BYTES + count * Long.BYTES, hashes, count);
                if (rule == GroupRule.NONE) {
                    target.run(tier, group, parent, keys, hashes, 0, count);
                } else {
                    target.groupRun(rule, keys, hashes, 0, count);
                }
            } else {
                LittleEndian.getLongs(chunk, first, hashes, count);
                unpack(chunk, first + count * Long.BYTES, count);
                if (rule == GroupRule.NONE) {
                    target.copies(tier, group, hashes, copies, 0, count);
                } else {
                    target.groupCopies(rule, group, hashes, copies, 0, count);
                }
            }
        }
    }

    private void unpack(byte[] chunk, int from, int count) {
        for (int i = 0; i < count; i++) {
            copies[i] = (byte) (chunk[from + i / 2] >>> i % 2 * 4 & 0xF);
        }
    }

    private void grow(int count) {
        if (count > keys.length) {
            keys = new long[count];
            hashes = new long[count];
            copies = new byte[count];
        }
    }
}
