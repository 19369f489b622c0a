package io.llmd.kv.index;

import io.llmd.kv.event.StorageTier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which lane holds which block, for all lanes of a pool. Blocks are known by their request keys, each of which stands for
 * its block and all blocks before it, so that a flat table answers exactly. Safe from any thread: look-ups never wait, and
 * lanes of different cohorts can be fed at the same time.
 *
 * <p>Grows with the distinct blocks that lanes hold: 16 bytes each plus 5 to 8 for finding it (up to 12 while a cohort has less than
 * two million), 8 more for every further tier in use, up to {@link IndexSettings#maxBytes}; then the blocks stored first are
 * forgotten and counted.
 */
public final class BlockIndex {

    /** Lanes per cohort, which leaves bits for those that come and go. */
    private static final int LANES_PER_COHORT = 48;

    private final MemoryBudget budget;
    private final List<IndexLane> lanes = new ArrayList<>();
    private volatile Cohort[] cohorts = {};

    public BlockIndex(IndexSettings settings) {
        budget = new MemoryBudget(settings.maxBytes());
    }

    /** Adds a lane that holds nothing. */
    public synchronized IndexLane addLane(String endpoint, int rank) {
        int number = roomiest();
        IndexLane lane = new IndexLane(endpoint, rank, cohorts[number], number);
        cohorts[number].join(lane);
        lanes.add(lane);
        return lane;
    }

    /** Number of the first cohort with room, which is made when there is none. */
    private int roomiest() {
        Cohort[] present = cohorts;
        for (int i = 0; i < present.length; i++) {
            if (present[i].freeBits() > Cohort.MAX_LANES - LANES_PER_COHORT) {
                return i;
            }
        }
        Cohort[] more = Arrays.copyOf(present, present.length + 1);
        more[present.length] = new Cohort(budget);
        cohorts = more;
        return present.length;
    }

    /** Removes a lane: no look-up that begins after this call returns it. {@link #sweep} frees its memory. */
    public synchronized void removeLane(IndexLane lane) {
        if (lanes.remove(lane)) {
            lane.cohort().leave(lane);
        }
    }

    /** The present lanes. */
    public synchronized List<IndexLane> lanes() {
        return List.copyOf(lanes);
    }

    /**
     * Frees some memory of lanes that left or began anew; call it between batches until it returns false.
     *
     * @return whether there is more to free
     * @implNote at most 65,536 nodes for each cohort
     */
    public boolean sweep() {
        boolean isMore = false;
        for (Cohort cohort : cohorts) {
            isMore |= cohort.sweep();
        }
        return isMore;
    }

    /**
     * Counts the leading blocks of a prompt that each lane holds.
     *
     * @param keys request keys of the prompt's full blocks, first block first; the first {@code count} are used
     * @param lookup receives the answer
     * @implNote O(matched blocks) for each cohort, no allocation; never more than a lane held at some moment of the call
     */
    public void match(long[] keys, int count, PrefixLookup lookup) {
        Cohort[] present = cohorts;
        lookup.begin(present.length);
        for (int i = 0; i < present.length; i++) {
            lookup.walk(i, present[i], keys, count);
        }
    }

    /**
     * Counts the blocks that a lane holds without a gap from a place of a prompt on, in whatever tier.
     *
     * @param keys request keys of the prompt's full blocks; those at {@code from} to {@code to - 1} are used
     * @param lookup lends its memory; the answer that it keeps stays
     * @return at most {@code to - from}
     */
    public int run(IndexLane lane, long[] keys, int from, int to, PrefixLookup lookup) {
        return lookup.run(lane.cohort(), lane, keys, from, to);
    }

    /** Distinct blocks, those of different cohorts counted apart. */
    public long blocks() {
        long blocks = 0;
        for (Cohort cohort : cohorts) {
            blocks += cohort.blocks();
        }
        return blocks;
    }

    /** Blocks forgotten because the memory was used up. */
    public long evictedBlocks() {
        long evicted = 0;
        for (Cohort cohort : cohorts) {
            evicted += cohort.evictedBlocks();
        }
        return evicted;
    }

    /**
     * How often a lane turned out to have KV-cache groups whose rules are not followed, so that nothing of it counts as reusable;
     * anew after each clear.
     */
    public long unfollowedRules() {
        long unfollowed = 0;
        for (Cohort cohort : cohorts) {
            unfollowed += cohort.unfollowedRules();
        }
        return unfollowed;
    }

    /** Blocks that lanes hold, added up over lanes and tiers. */
    public long memberships() {
        long sum = 0;
        for (IndexLane lane : lanes()) {
            for (int tier = 0; tier < StorageTier.COUNT; tier++) {
                sum += lane.blocks(StorageTier.of(tier));
            }
        }
        return sum;
    }

    /** Memory in use for blocks. */
    public long bytes() {
        return budget.used();
    }

    /** Memory that may be used for blocks. */
    public long maxBytes() {
        return budget.max();
    }
}
