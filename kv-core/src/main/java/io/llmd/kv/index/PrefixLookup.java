package io.llmd.kv.index;

import io.llmd.kv.event.StorageTier;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Asks an index how many leading blocks of a prompt each lane holds, and keeps the answer. Used again and again by one
 * thread at a time; allocates nothing once it is as large as the answers.
 */
public final class PrefixLookup {

    private static final int PROBED_AT_ONCE = 16;
    private static final int TIERS = StorageTier.COUNT;

    private final int[] probed = new int[PROBED_AT_ONCE];
    private final int[] matched = new int[Cohort.MAX_LANES];
    private final int[] tierBlocks = new int[Cohort.MAX_LANES * TIERS];
    private final long[] best = new long[TIERS];
    private final long[] segment = new long[TIERS];

    private @Nullable IndexLane[] lanes = new IndexLane[Cohort.MAX_LANES];
    private int[] blocks = new int[Cohort.MAX_LANES];
    private int[] blocksByTier = new int[Cohort.MAX_LANES * TIERS];
    private int size;
    private int examined;

    /** Lanes that hold at least the first block. */
    public int size() {
        return size;
    }

    /** The {@code index}-th lane, in no order. */
    public IndexLane lane(int index) {
        IndexLane lane = lanes[index];
        if (lane == null) {
            throw new IndexOutOfBoundsException(index);
        }
        return lane;
    }

    /** Leading blocks that the {@code index}-th lane holds, each in some tier; at least 1. */
    public int blocks(int index) {
        return blocks[index];
    }

    /** Those of {@link #blocks(int)} whose fastest copy is in a tier. */
    public int blocks(int index, StorageTier tier) {
        return blocksByTier[index * TIERS + tier.ordinal()];
    }

    /** Blocks that were looked at, over all cohorts. */
    public int examined() {
        return examined;
    }

    void begin() {
        Arrays.fill(lanes, 0, size, null);
        size = 0;
        examined = 0;
    }

    void walk(Cohort cohort, long[] keys, int count) {
        Cohort.Lanes present = cohort.lanes();
        Cohort.View view = cohort.view();
        long alive = present.active();
        if (alive == 0 || count == 0) {
            return;
        }
        Nodes nodes = view.nodes();
        int depth = nodes.tiersInUse() == 1 && nodes.hasTier(0)
                ? walkOneTier(nodes, view.slots(), keys, count, alive)
                : walkTiers(nodes, view.slots(), keys, count, alive);
        if (depth > 0) {
            collect(cohort, present);
        }
        examined += depth + 1;
    }

    /** Copies the answers of one cohort; a lane whose bit is not its own any more is left out. */
    private void collect(Cohort cohort, Cohort.Lanes before) {
        Cohort.Lanes now = cohort.lanes();
        reserve(size + Cohort.MAX_LANES);
        for (long left = reached; left != 0; left &= left - 1) {
            int bit = Long.numberOfTrailingZeros(left);
            IndexLane lane = before.byBit()[bit];
            if (lane != null && now.byBit()[bit] == lane) {
                lanes[size] = lane;
                blocks[size] = matched[bit];
                System.arraycopy(tierBlocks, bit * TIERS, blocksByTier, size * TIERS, TIERS);
                size++;
            }
        }
    }

    private void reserve(int entries) {
        if (entries > lanes.length) {
            int length = Math.max(entries, 2 * lanes.length);
            lanes = Arrays.copyOf(lanes, length);
            blocks = Arrays.copyOf(blocks, length);
            blocksByTier = Arrays.copyOf(blocksByTier, length * TIERS);
        }
    }

    /** Lanes of the cohort that held the first block. */
    private long reached;

    /** The walk where blocks are in the first tier only: nothing to tell apart. @return blocks that some lane matched */
    private int walkOneTier(Nodes nodes, SlotTable slots, long[] keys, int count, long candidates) {
        long alive = candidates;
        int node = -1;
        int capacity = nodes.capacity();
        int probedFrom = 0;
        int probedTo = 0;
        int i = 0;
        reached = 0;
        for (; i < count; i++) {
            long key = keys[i];
            int next = node + 1;
            if (node < 0 || next >= capacity || nodes.key(next) != key) {
                if (i >= probedTo) {
                    probedFrom = i;
                    probedTo = i == 0 ? 1 : Math.min(count, i + PROBED_AT_ONCE);
                    probe(nodes, slots, keys, probedFrom, probedTo);
                }
                next = probed[i - probedFrom];
                if (next < 0) {
                    break;
                }
            }
            long hit = alive & nodes.lanes(0, next);
            if (nodes.key(next) != key) {
                break;
            }
            if (i == 0) {
                reached = hit;
            } else if (hit != alive) {
                end(alive & ~hit, i);
            }
            alive = hit;
            if (alive == 0) {
                break;
            }
            node = next;
        }
        end(alive, i);
        return i;
    }

    private void end(long bits, int length) {
        for (long left = bits & reached; left != 0; left &= left - 1) {
            int bit = Long.numberOfTrailingZeros(left);
            matched[bit] = length;
            Arrays.fill(tierBlocks, bit * TIERS, (bit + 1) * TIERS, 0);
            tierBlocks[bit * TIERS] = length;
        }
    }

    /** The walk where blocks may be in several tiers: a run of blocks with equal answers is counted at its end. */
    private int walkTiers(Nodes nodes, SlotTable slots, long[] keys, int count, long candidates) {
        Arrays.fill(tierBlocks, 0);
        Arrays.fill(segment, 0);
        long alive = candidates;
        int node = -1;
        int capacity = nodes.capacity();
        int probedFrom = 0;
        int probedTo = 0;
        int segmentStart = 0;
        int i = 0;
        reached = 0;
        for (; i < count; i++) {
            long key = keys[i];
            int next = node + 1;
            if (node < 0 || next >= capacity || nodes.key(next) != key) {
                if (i >= probedTo) {
                    probedFrom = i;
                    probedTo = i == 0 ? 1 : Math.min(count, i + PROBED_AT_ONCE);
                    probe(nodes, slots, keys, probedFrom, probedTo);
                }
                next = probed[i - probedFrom];
                if (next < 0) {
                    break;
                }
            }
            long hit = 0;
            boolean isOther = false;
            for (int tier = 0; tier < TIERS; tier++) {
                long lanesOfTier = nodes.lanes(tier, next) & alive & ~hit;
                best[tier] = lanesOfTier;
                isOther |= lanesOfTier != segment[tier];
                hit |= lanesOfTier;
            }
            if (nodes.key(next) != key) {
                break;
            }
            if (isOther) {
                closeSegment(i - segmentStart);
                segmentStart = i;
                System.arraycopy(best, 0, segment, 0, TIERS);
            }
            if (i == 0) {
                reached = hit;
            } else if (hit != alive) {
                endTiers(alive & ~hit, i);
            }
            alive = hit;
            if (alive == 0) {
                break;
            }
            node = next;
        }
        closeSegment(i - segmentStart);
        endTiers(alive, i);
        return i;
    }

    private void endTiers(long bits, int length) {
        for (long left = bits & reached; left != 0; left &= left - 1) {
            matched[Long.numberOfTrailingZeros(left)] = length;
        }
    }

    private void closeSegment(int length) {
        if (length == 0) {
            return;
        }
        for (int tier = 0; tier < TIERS; tier++) {
            for (long left = segment[tier]; left != 0; left &= left - 1) {
                tierBlocks[Long.numberOfTrailingZeros(left) * TIERS + tier] += length;
            }
        }
    }

    /**
     * Finds the nodes of several keys at once: the loads of one step do not wait for each other, which a search key by key
     * would make them do.
     */
    private void probe(Nodes nodes, SlotTable slots, long[] keys, int from, int to) {
        for (int i = from; i < to; i++) {
            probed[i - from] = slots.at(slots.start(keys[i]));
        }
        for (int i = from; i < to; i++) {
            int entry = probed[i - from];
            boolean isFound = entry > 0 && nodes.key(entry - 1) == keys[i];
            probed[i - from] = isFound ? entry - 1 : entry == 0 ? -1 : search(nodes, slots, keys[i]);
        }
    }

    private static int search(Nodes nodes, SlotTable slots, long key) {
        int slot = slots.next(slots.start(key));
        for (int entry = slots.at(slot); entry != 0; entry = slots.at(slot)) {
            if (entry > 0 && nodes.key(entry - 1) == key) {
                return entry - 1;
            }
            slot = slots.next(slot);
        }
        return -1;
    }
}
