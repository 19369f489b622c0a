package io.llmd.kv.delta;

import io.llmd.kv.lane.CopyCounting;

/**
 * The moment that a snapshot shows. Terms, epochs and ids are unsigned.
 *
 * @param lane number of the lane
 * @param term term of the owner that wrote it
 * @param epoch epoch of the publisher
 * @param snapshotId rises from one snapshot of the lane to the next, see {@link #id}
 * @param partition partition of the log of deltas
 * @param nextOffset place in the log from which a reader goes on; what follows the cut is there or later
 * @param recordSequence number of the first delta record that the snapshot does not contain, in its term
 * @param lastEngineSequence the publisher's last batch that it contains; -1 for none
 * @param enginePayloadHash XXH64 of that batch's payload, by which an owner knows the publisher again; 0 for none
 * @param isPartial whether the lane knew only a part of what the endpoint held
 * @param counting how the lane counted copies
 */
public record SnapshotCut(
        int lane,
        int term,
        int epoch,
        long snapshotId,
        int partition,
        long nextOffset,
        long recordSequence,
        long lastEngineSequence,
        long enginePayloadHash,
        boolean isPartial,
        CopyCounting counting) {

    public SnapshotCut {
        if (partition < 0 || nextOffset < 0 || recordSequence < 0) {
            throw new IllegalArgumentException("partition, nextOffset, recordSequence: " + partition + ", " + nextOffset
                    + ", " + recordSequence + " (expected: >= 0)");
        }
    }

    /** The id of the n-th snapshot of a term, n from 0: later terms and later snapshots have greater ones. */
    public static long id(int term, int n) {
        return (long) term << Integer.SIZE | n & 0xFFFF_FFFFL;
    }

    /** Whether this one was cut after another one of the same lane. */
    public boolean isNewerThan(SnapshotCut other) {
        return Long.compareUnsigned(snapshotId, other.snapshotId) > 0;
    }
}
