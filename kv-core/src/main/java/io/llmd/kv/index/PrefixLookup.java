package io.llmd.kv.index;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.lane.GroupRule;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Asks an index how many leading blocks of a prompt each lane holds, and keeps the answer. Used again and again by one
 * thread at a time; allocates nothing once it is as large as the answers.
 *
 * <pre>{@code
 * index.match(keys, keys.length, lookup);
 * for (int at = lookup.first(); at >= 0; at = lookup.next(at)) {
 *     use(lookup.lane(at), lookup.blocks(at));
 * }
 * }</pre>
 */
public final class PrefixLookup {

    private static final int PROBED_AT_ONCE = 16;

    /** Blocks of a run that are read at once: some lines of the caches of each plane. */
    private static final int READ_AT_ONCE = 32;

    private static final int TIERS = StorageTier.COUNT;
    private static final int LANES = Cohort.MAX_LANES;
    private static final int HOST = StorageTier.CPU.ordinal();

    private final int[] probed = new int[PROBED_AT_ONCE];
    private final long[] alone = new long[1];
    private final long[][] read = new long[TIERS][READ_AT_ONCE];
    private final long[] best = new long[TIERS];
    private final long[] segment = new long[TIERS];

    /** Of each cohort: the lanes that matched, by bit, and whose bits these are. */
    private long[] reached = new long[1];

    private @Nullable IndexLane[][] lanes = new IndexLane[1][];
    private boolean[] hasTiers = new boolean[1];
    private boolean[] hasGroups = new boolean[1];

    /** Of each bit of each cohort: matched blocks; by tier only where a cohort uses several. */
    private int[] matched = new int[LANES];

    private int[] tierBlocks = new int[LANES * TIERS];
    private int[] hostBlocks = new int[LANES];

    /** Of those, the ones that other KV-cache groups let the engine reuse; only where a cohort has such groups. */
    private int[] reusable = new int[0];

    /** Rules of the lanes of the cohort that is looked at, by bit, each that a lane had at any time of the look-up. */
    private final int[] planes = new int[LANES];

    private int cohorts;
    private int examined;
    private int probedFrom;
    private int probedTo;

    /** Place of the first lane that holds at least the first block; -1 without one. Lanes come in no order. */
    public int first() {
        return next(-1);
    }

    /** Place of the next lane; -1 behind the last one. */
    public int next(int at) {
        int from = at + 1;
        for (int cohort = from / LANES; cohort < cohorts; cohort++) {
            int bit = cohort == from / LANES ? from % LANES : 0;
            long left = reached[cohort] & -1L << bit;
            if (left != 0) {
                return cohort * LANES + Long.numberOfTrailingZeros(left);
            }
        }
        return -1;
    }

    /** Lanes that hold at least the first block. */
    public int size() {
        int size = 0;
        for (int cohort = 0; cohort < cohorts; cohort++) {
            size += Long.bitCount(reached[cohort]);
        }
        return size;
    }

    /** Place of a lane; -1 when it does not hold the first block. */
    public int place(IndexLane lane) {
        int bit = lane.bit;
        int cohort = lane.cohortNumber();
        boolean isReached =
                bit >= 0 && cohort < cohorts && (reached[cohort] >>> bit & 1) != 0 && lanes[cohort][bit] == lane;
        return isReached ? cohort * LANES + bit : -1;
    }

    /** The lane at a place. */
    public IndexLane lane(int at) {
        IndexLane lane = lanes[at / LANES][at % LANES];
        if (lane == null) {
            throw new IndexOutOfBoundsException(at);
        }
        return lane;
    }

    /** Leading blocks that the lane at a place holds, each in some tier; at least 1. */
    public int blocks(int at) {
        return matched[at];
    }

    /** Those of {@link #blocks(int)} whose fastest copy is in a tier. */
    public int blocks(int at, StorageTier tier) {
        if (hasTiers[at / LANES]) {
            return tierBlocks[at * TIERS + tier.ordinal()];
        }
        return tier == StorageTier.GPU ? matched[at] : 0;
    }

    /**
     * Leading blocks that the engine can reuse: all of {@link #blocks(int)} unless it has KV-cache groups besides the main one,
     * such as sliding windows, that hold too little at the end of these.
     */
    public int reusableBlocks(int at) {
        return hasGroups[at / LANES] ? reusable[at] : matched[at];
    }

    /**
     * Leading blocks of which the memory of the lane's host has a copy, wherever else they are: those that other endpoints can
     * pull.
     */
    public int hostBlocks(int at) {
        return hasTiers[at / LANES] ? hostBlocks[at] : 0;
    }

    /** Blocks that were looked at, over all cohorts. */
    public int examined() {
        return examined;
    }

    void begin(int cohortCount) {
        if (cohortCount > reached.length) {
            reached = new long[cohortCount];
            lanes = new IndexLane[cohortCount][];
            hasTiers = new boolean[cohortCount];
            hasGroups = new boolean[cohortCount];
            matched = new int[cohortCount * LANES];
            tierBlocks = new int[cohortCount * LANES * TIERS];
            hostBlocks = new int[cohortCount * LANES];
        }
        cohorts = cohortCount;
        examined = 0;
    }

    void walk(int cohortNumber, Cohort cohort, long[] keys, int count) {
        Cohort.Lanes before = cohort.lanes();
        Cohort.View view = cohort.view();
        reached[cohortNumber] = 0;
        lanes[cohortNumber] = before.byBit();
        if (before.active() == 0 || count == 0) {
            return;
        }
        hasGroups[cohortNumber] = false;
        // Before the blocks and after them: a lane that is cleared meanwhile loses its rules, one that is filled gets
        // them.
        boolean hadGroups = cohort.hasGroups();
        if (hadGroups) {
            Arrays.fill(planes, 0);
            addPlanes(before.byBit(), before.active());
        }
        boolean isTiered = view.nodes().hasOtherThanFirstTier();
        hasTiers[cohortNumber] = isTiered;
        int depth = isTiered
                ? walkTiers(cohortNumber, view, keys, count, before.active())
                : walkOneTier(cohortNumber, view, keys, count, before.active());
        examined += Math.min(count, depth + 1);
        if (cohort.hasGroups()) {
            if (!hadGroups) {
                Arrays.fill(planes, 0);
            }
            addPlanes(before.byBit(), reached[cohortNumber]);
            walkBack(cohortNumber, view, keys);
        }
        Cohort.Lanes after = cohort.lanes();
        if (after != before) {
            reached[cohortNumber] &= unchanged(before, after);
        }
    }

    private void addPlanes(@Nullable IndexLane[] byBit, long bits) {
        for (long left = bits; left != 0; left &= left - 1) {
            int bit = Long.numberOfTrailingZeros(left);
            IndexLane lane = byBit[bit];
            planes[bit] |= lane == null ? 0 : lane.groupPlanes;
        }
    }

    /** Bits that are still those of the same lanes. */
    private static long unchanged(Cohort.Lanes before, Cohort.Lanes after) {
        long unchanged = 0;
        for (int bit = 0; bit < LANES; bit++) {
            unchanged |= before.byBit()[bit] == after.byBit()[bit] ? 1L << bit : 0;
        }
        return unchanged;
    }

    /** The walk where blocks are in the first tier only: nothing to tell apart. @return blocks that some lane matched */
    private int walkOneTier(int cohort, Cohort.View view, long[] keys, int count, long candidates) {
        Nodes nodes = view.nodes();
        long[] lanesOfRun = read[0];
        int base = cohort * LANES;
        long alive = candidates;
        int node = -1;
        beginProbing();
        int i = 0;
        while (i < count) {
            int next = next(view, node, keys, i, count);
            int run = next < 0 ? 0 : nodes.run(next, keys, i, Math.min(count - i, READ_AT_ONCE), read);
            if (run == 0) {
                break;
            }
            if (i == 0) {
                alive &= lanesOfRun[0];
                reached[cohort] = alive;
            }
            for (int at = 0; at < run; at++) {
                long hit = alive & lanesOfRun[at];
                if (hit != alive) {
                    end(base, alive & ~hit, i + at);
                    alive = hit;
                }
                if (alive == 0) {
                    return i + at;
                }
            }
            node = next + run - 1;
            i += run;
        }
        end(base, alive, i);
        return i;
    }

    private void beginProbing() {
        probedFrom = 0;
        probedTo = 0;
    }

    /** The node of a block: the one behind the node of the block before it, if it has the key; -1 when nobody holds the block. */
    private int next(Cohort.View view, int node, long[] keys, int at, int count) {
        Nodes nodes = view.nodes();
        int next = node + 1;
        if (node >= 0 && next < nodes.capacity() && nodes.key(next) == keys[at]) {
            return next;
        }
        if (at >= probedTo) {
            // Twice as many each time: most prompts leave early, deep ones soon get whole batches.
            int batch = Math.clamp(2L * (probedTo - probedFrom), 1, PROBED_AT_ONCE);
            probedFrom = at;
            probedTo = Math.min(count, at + batch);
            probe(view, keys, probedFrom, probedTo);
        }
        return probed[at - probedFrom];
    }

    private void end(int base, long bits, int length) {
        for (long left = bits; left != 0; left &= left - 1) {
            matched[base + Long.numberOfTrailingZeros(left)] = length;
        }
    }

    /** The walk where blocks may be in several tiers: a run of blocks with equal answers is counted at its end. */
    private int walkTiers(int cohort, Cohort.View view, long[] keys, int count, long candidates) {
        Nodes nodes = view.nodes();
        int base = cohort * LANES;
        Arrays.fill(tierBlocks, base * TIERS, (base + LANES) * TIERS, 0);
        Arrays.fill(hostBlocks, base, base + LANES, 0);
        Arrays.fill(segment, 0);
        long alive = candidates;
        long pullable = candidates;
        int node = -1;
        beginProbing();
        int segmentStart = 0;
        int i = 0;
        while (i < count && alive != 0) {
            int next = next(view, node, keys, i, count);
            int run = next < 0 ? 0 : nodes.run(next, keys, i, Math.min(count - i, READ_AT_ONCE), read);
            if (run == 0) {
                break;
            }
            node = next + run - 1;
            for (int at = 0; at < run; at++, i++) {
                long hit = 0;
                boolean isOther = false;
                for (int tier = 0; tier < TIERS; tier++) {
                    long lanesOfTier = read[tier][at] & alive & ~hit;
                    best[tier] = lanesOfTier;
                    isOther |= lanesOfTier != segment[tier];
                    hit |= lanesOfTier;
                }
                long stillPullable = pullable & read[HOST][at];
                if (stillPullable != pullable) {
                    endHost(base, pullable & ~stillPullable, i);
                    pullable = stillPullable;
                }
                if (isOther) {
                    closeSegment(base, i - segmentStart);
                    segmentStart = i;
                    System.arraycopy(best, 0, segment, 0, TIERS);
                }
                if (i == 0) {
                    reached[cohort] = hit;
                } else if (hit != alive) {
                    end(base, alive & ~hit, i);
                }
                alive = hit;
                if (alive == 0) {
                    break;
                }
            }
        }
        closeSegment(base, i - segmentStart);
        endHost(base, pullable, i);
        if (i > 0) {
            end(base, alive, i);
        }
        return i;
    }

    /**
     * Finds for each lane the most leading blocks, of those that it holds, at whose end its other groups hold what they need.
     * Where a block is missing, what is reused must end before it, and the search goes on from there: from the end to the
     * beginning, and mostly no further than the longest window.
     */
    private void walkBack(int cohort, Cohort.View view, long[] keys) {
        int base = cohort * LANES;
        if (reusable.length < matched.length) {
            reusable = new int[matched.length];
        }
        hasGroups[cohort] = true;
        Nodes nodes = view.nodes();
        int followed = (1 << nodes.rules()) - 1;
        long pending = 0;
        int deepest = 0;
        for (long left = reached[cohort]; left != 0; left &= left - 1) {
            int bit = Long.numberOfTrailingZeros(left);
            int blocks = matched[base + bit];
            // Of rules that are not followed, or are newer than the view, nothing is known to be held.
            boolean isUnknown = (planes[bit] & ~followed) != 0;
            reusable[base + bit] = isUnknown ? 0 : blocks;
            if (planes[bit] != 0 && !isUnknown) {
                pending |= 1L << bit;
                deepest = Math.max(deepest, blocks);
            }
        }
        int node = -1;
        for (int at = deepest - 1; at >= 0 && pending != 0; at--) {
            node = node > 0 && nodes.key(node - 1) == keys[at] ? node - 1 : find(view, keys[at]);
            for (long left = pending; left != 0; left &= left - 1) {
                int bit = Long.numberOfTrailingZeros(left);
                if (narrow(nodes, node, keys[at], base + bit, at)) {
                    pending &= ~(1L << bit);
                }
            }
        }
    }

    /**
     * Looks at one block for one lane.
     *
     * @param node of the block; -1 when it has gone
     * @return whether the lane's answer is found: no block before this one matters
     */
    private boolean narrow(Nodes nodes, int node, long key, int place, int at) {
        int end = reusable[place];
        if (at >= end) {
            return false;
        }
        int bit = place % LANES;
        int firstNeeded = end;
        for (int left = planes[bit]; left != 0; left &= left - 1) {
            int plane = Integer.numberOfTrailingZeros(left);
            int first = GroupRule.firstNeeded(nodes.rule(plane), end);
            boolean isHeld = at < first
                    || node >= 0 && (nodes.groupLanes(plane, node) >>> bit & 1) != 0 && nodes.key(node) == key;
            if (!isHeld) {
                reusable[place] = at;
                return at == 0;
            }
            firstNeeded = Math.min(firstNeeded, first);
        }
        return at <= firstNeeded;
    }

    private int find(Cohort.View view, long key) {
        alone[0] = key;
        probe(view, alone, 0, 1);
        return probed[0];
    }

    private void endHost(int base, long bits, int length) {
        for (long left = length == 0 ? 0 : bits; left != 0; left &= left - 1) {
            hostBlocks[base + Long.numberOfTrailingZeros(left)] = length;
        }
    }

    /**
     * Blocks that a lane holds without a gap from a place of a prompt on; see {@link BlockIndex#run}. The answer that is kept
     * stays.
     */
    int run(Cohort cohort, IndexLane lane, long[] keys, int from, int to) {
        Cohort.View view = cohort.view();
        int bit = lane.bit;
        int at = from;
        while (bit >= 0 && at < to) {
            int batchEnd = Math.min(to, at + PROBED_AT_ONCE);
            probe(view, keys, at, batchEnd);
            for (int begin = at; at < batchEnd; at++) {
                int node = probed[at - begin];
                boolean isHeld = node >= 0
                        && (view.nodes().lanes(node) >>> bit & 1) != 0
                        && view.nodes().key(node) == keys[at];
                if (!isHeld) {
                    return cohort.lanes().byBit()[bit] == lane ? at - from : 0;
                }
            }
        }
        return bit >= 0 && cohort.lanes().byBit()[bit] == lane ? at - from : 0;
    }

    private void closeSegment(int base, int length) {
        if (length == 0) {
            return;
        }
        for (int tier = 0; tier < TIERS; tier++) {
            for (long left = segment[tier]; left != 0; left &= left - 1) {
                tierBlocks[(base + Long.numberOfTrailingZeros(left)) * TIERS + tier] += length;
            }
        }
    }

    /**
     * Finds the nodes of several keys at once: the loads of one step do not wait for each other, which a search key by key
     * would make them do.
     */
    private void probe(Cohort.View view, long[] keys, int from, int to) {
        SlotTable slots = view.slots();
        Nodes nodes = view.nodes();
        int capacity = nodes.capacity();
        for (int i = from; i < to; i++) {
            probed[i - from] = slots.at(slots.start(keys[i]));
        }
        for (int i = from; i < to; i++) {
            int entry = probed[i - from];
            int node = SlotTable.candidate(entry, keys[i]);
            boolean isFound = node >= 0 && node < capacity && nodes.key(node) == keys[i];
            probed[i - from] = isFound ? node : entry == 0 ? -1 : search(view, keys[i]);
        }
    }

    /** Entries of nodes that came after the view are passed over: the writer adds to a table that readers have. */
    private static int search(Cohort.View view, long key) {
        SlotTable slots = view.slots();
        Nodes nodes = view.nodes();
        int capacity = nodes.capacity();
        int slot = slots.next(slots.start(key));
        for (int entry = slots.at(slot); entry != 0; entry = slots.at(slot)) {
            int node = SlotTable.candidate(entry, key);
            if (node >= 0 && node < capacity && nodes.key(node) == key) {
                return node;
            }
            slot = slots.next(slot);
        }
        return -1;
    }
}
