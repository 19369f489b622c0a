package io.llmd.kv.index;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.lane.GroupRule;
import io.llmd.kv.lane.LaneDeltas;

/**
 * What an index knows of one lane. Takes the lane's changes from one thread at a time; look-ups see them when the call
 * returns.
 */
public final class IndexLane implements LaneDeltas {

    private static final int UNSHARED = StorageTier.ALL & ~StorageTier.STORAGE.bit();

    private final String endpoint;
    private final int rank;
    private final Cohort cohort;
    private final int cohortNumber;

    /** The lane's bit in its cohort; -1 when it has none. Written under the cohort's monitor. */
    volatile int bit = -1;

    /**
     * Which of its cohort's rules of other KV-cache groups the lane has, a bit each, and {@link Cohort#UNFOLLOWED}. Written under
     * the cohort's monitor.
     */
    volatile int groupPlanes;

    private volatile boolean isComplete;
    private volatile int epoch;
    private volatile long lastSequence = -1;

    IndexLane(String endpoint, int rank, Cohort cohort, int cohortNumber) {
        this.endpoint = endpoint;
        this.rank = rank;
        this.cohort = cohort;
        this.cohortNumber = cohortNumber;
    }

    /** The endpoint's name, as it was given. */
    public String endpoint() {
        return endpoint;
    }

    /** Data-parallel rank within the endpoint. */
    public int rank() {
        return rank;
    }

    /** Whether everything that the endpoint holds is known. */
    public boolean isComplete() {
        return isComplete;
    }

    /** Number of the publisher's life that the knowledge is of. */
    public int epoch() {
        return epoch;
    }

    /** The publisher's last batch that was applied; -1 before the first one. */
    public long lastSequence() {
        return lastSequence;
    }

    /** Blocks held in a tier. */
    public long blocks(StorageTier tier) {
        synchronized (cohort) {
            return bit < 0 ? 0 : cohort.heldBlocks(bit, tier.ordinal());
        }
    }

    /**
     * The endpoint computed blocks that it was believed to hold: the belief is withdrawn, in all tiers. Events that store them
     * again restore it.
     *
     * @param keys request keys at {@code from} to {@code to - 1}
     */
    public void contradicted(long[] keys, int from, int to) {
        for (int tier = 0; tier < StorageTier.COUNT && to > from; tier++) {
            cohort.remove(this, tier, keys, from, to - from);
        }
    }

    /** Whether the engine has KV-cache groups besides the main one, so that not all that it holds can be reused. */
    public boolean hasOtherGroups() {
        return groupPlanes != 0;
    }

    int cohortNumber() {
        return cohortNumber;
    }

    Cohort cohort() {
        return cohort;
    }

    @Override
    public void stored(
            StorageTier tier, int group, long parentKey, long[] keys, long[] engineHashes, int from, int count) {
        if (group == GroupRule.NONE) {
            cohort.store(this, tier.ordinal(), parentKey, keys, from, count);
        } else if (GroupRule.isRule(group) || group == GroupRule.UNKNOWN) {
            cohort.storeOfGroups(this, group, keys, from, count);
        }
    }

    @Override
    public void removed(StorageTier tier, int group, long[] keys, int from, int count) {
        if (group == GroupRule.NONE) {
            cohort.remove(this, tier.ordinal(), keys, from, count);
        } else {
            cohort.removeOfGroups(this, group, keys, from, count);
        }
    }

    @Override
    public void cleared(int tierMask) {
        cohort.clear(this, tierMask);
    }

    @Override
    public void epoch(int value) {
        epoch = value;
        lastSequence = -1;
        cohort.clear(this, UNSHARED);
    }

    @Override
    public void coverage(boolean value) {
        isComplete = value;
    }

    @Override
    public void applied(long firstSequence, long last) {
        lastSequence = last;
    }

    @Override
    public String toString() {
        return endpoint + " rank " + rank;
    }
}
