package io.llmd.kv.ingest.kafka;

import io.llmd.kv.delta.DeltaHead;
import io.llmd.kv.delta.DeltaRecordReader;
import io.llmd.kv.delta.SnapshotCut;
import io.llmd.kv.delta.SnapshotSet;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.lane.LaneDeltas;
import java.util.concurrent.TimeUnit;

/**
 * Follows one lane through its log and brings its changes to their taker, each once and in order. No clock of its own; for
 * one thread.
 *
 * <p>Nothing is held back in memory: who misses records that were passed goes back in the log, where all other lanes find
 * only duplicates.
 */
final class LaneFollower {

    /*
     * State is (term, next record sequence). Records of a lower term are ignored, those below the sequence are duplicates.
     * A hole means that stores and removals are missing; the lane goes on, marked stale, until a snapshot comes that was
     * cut behind the hole. A higher term whose owner started from a state that it will show in a snapshot is waited for:
     * the old state stays readable for WAIT at most, then it goes, and the new term's records are read again from its
     * first. On an empty lane, stores and removals from any place on, without holes, never give more than what is held.
     * While a snapshot is wanted the lane is partial, whatever its owner says of itself.
     */

    /** How long a snapshot of a new term is waited for, in nanoseconds. */
    static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** What became of a record. */
    enum Outcome {
        APPLIED,
        /** Applied, but records before it are missing. */
        APPLIED_AFTER_HOLE,
        DUPLICATE,
        /** Written by an owner that lost the lane. */
        OLD_TERM,
        /** Not applied: the snapshot of its term is waited for. */
        WAITING,
        /** Not applied: it will be read again. */
        READ_AGAIN
    }

    private LaneDescription lane;
    private final LaneDeltas target;
    private boolean hasTerm;
    private int term;
    private long next;
    private boolean wantsSnapshot;
    private boolean isStale;
    private long wantedFrom;
    private boolean isPartial = true;
    private boolean hasBasis;
    private boolean isWaiting;
    private int waitingTerm;
    private long waitingSequence;
    private long waitingOffset;
    private long waitingSinceNanos;
    private boolean isGoingBack;
    private long heardNanos;
    private long lagMillis;

    /** @param nowNanos monotonic; the lane counts as heard now */
    LaneFollower(LaneDescription lane, LaneDeltas target, long nowNanos) {
        this.lane = lane;
        this.target = target;
        heardNanos = nowNanos;
    }

    LaneDescription lane() {
        return lane;
    }

    /** Whether a description has the lane's place in the log. */
    boolean isAt(LaneDescription other) {
        return other.number() == lane.number() && other.partition() == lane.partition();
    }

    /** Something else about the lane is new. */
    void describedAs(LaneDescription now) {
        lane = now;
    }

    /**
     * Takes a record that {@link DeltaRecordReader#check} found good.
     *
     * @param offset of the record in the lane's partition
     */
    Outcome offer(DeltaHead head, DeltaRecordReader reader, byte[] record, long offset, long nowNanos) {
        if (isGoingBack) {
            return Outcome.READ_AGAIN;
        }
        int newest = isWaiting ? waitingTerm : term;
        int order = hasTerm || isWaiting ? Integer.compareUnsigned(head.term(), newest) : 1;
        if (order < 0) {
            return Outcome.OLD_TERM;
        }
        heardNanos = nowNanos;
        if (order > 0) {
            return higherTerm(head, reader, record, offset, nowNanos);
        }
        if (isWaiting) {
            return Outcome.WAITING;
        }
        return Long.compareUnsigned(head.recordSequence(), next) < 0 ? Outcome.DUPLICATE : apply(head, reader, record);
    }

    private Outcome higherTerm(DeltaHead head, DeltaRecordReader reader, byte[] record, long offset, long nowNanos) {
        if (hasTerm && head.isSnapshotDue()) {
            isWaiting = true;
            waitingTerm = head.term();
            waitingSequence = head.recordSequence();
            waitingOffset = offset;
            waitingSinceNanos = nowNanos;
            return Outcome.WAITING;
        }
        begin(head.term(), 0);
        if (head.isSnapshotDue()) {
            wantsSnapshot = true;
            wantedFrom = 0;
        }
        return apply(head, reader, record);
    }

    private Outcome apply(DeltaHead head, DeltaRecordReader reader, byte[] record) {
        boolean isHole = head.recordSequence() != next;
        if (isHole) {
            isStale = true;
            wantsSnapshot = true;
            wantedFrom = head.recordSequence();
        }
        next = head.recordSequence() + 1;
        isPartial = head.isPartial() || wantsSnapshot;
        hasBasis = true;
        reader.apply(record, target);
        if (wantsSnapshot) {
            target.coverage(false);
        }
        return isHole ? Outcome.APPLIED_AFTER_HOLE : Outcome.APPLIED;
    }

    private void begin(int newTerm, long nextSequence) {
        if (hasTerm) {
            target.cleared(StorageTier.ALL);
            target.coverage(false);
        }
        hasTerm = true;
        term = newTerm;
        next = nextSequence;
        isStale = false;
        wantsSnapshot = false;
        isPartial = true;
        isWaiting = false;
    }

    /** The lane may be incomplete or wrong, because its taker failed or its records are gone; a snapshot is needed. */
    void spoiled() {
        isStale = true;
        wantsSnapshot = true;
        wantedFrom = next;
        isPartial = true;
    }

    /** Whether a snapshot tells more than what is known. */
    boolean wants(SnapshotCut cut) {
        if (cut.lane() != lane.number() || !countsAs(cut)) {
            return false;
        }
        if (!hasTerm && !isWaiting) {
            return true;
        }
        int order = Integer.compareUnsigned(cut.term(), isWaiting ? waitingTerm : term);
        return order > 0 || (order == 0 && (isWaiting || (wantsSnapshot && cut.recordSequence() >= wantedFrom)));
    }

    /** Whether a snapshot's owner counted copies as the lane's description says. */
    boolean countsAs(SnapshotCut cut) {
        return cut.counting().equals(lane.spec().counting());
    }

    /** Takes a whole snapshot that is wanted; what is known before is gone. */
    void load(SnapshotSet set, long nowNanos) {
        SnapshotCut cut = set.cut();
        hasTerm = true;
        term = cut.term();
        next = cut.recordSequence();
        isStale = false;
        wantsSnapshot = false;
        isWaiting = false;
        isPartial = cut.isPartial();
        hasBasis = true;
        heardNanos = nowNanos;
        set.replaceIn(target);
    }

    /** Whether the wait for a snapshot is over. */
    boolean isWaitOver(long nowNanos) {
        return isWaiting && nowNanos - waitingSinceNanos >= WAIT_NANOS;
    }

    /**
     * Ends the wait without a snapshot: the old state goes.
     *
     * @return offset of the new term's first record, from where the log is to be read again
     */
    long endWait() {
        begin(waitingTerm, waitingSequence);
        wantsSnapshot = true;
        wantedFrom = 0;
        return waitingOffset;
    }

    /** Until {@link #wentBack} records come too late. */
    void goesBack() {
        isGoingBack = true;
    }

    void wentBack() {
        isGoingBack = false;
    }

    /** Whether a snapshot would tell more than what is known, see {@link #wants}. */
    boolean wantsSnapshot() {
        return wantsSnapshot || isWaiting || !hasTerm;
    }

    /** Whether anything is known: a snapshot or a record with its coverage. */
    boolean hasBasis() {
        return hasBasis;
    }

    void lag(long millis) {
        lagMillis = millis;
    }

    LaneStatus status() {
        return new LaneStatus(lane, term, heardNanos, lagMillis, isStale, isPartial, isWaiting);
    }
}
