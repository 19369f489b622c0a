package io.llmd.kv.index;

import io.llmd.kv.event.StorageTier;
import org.jspecify.annotations.Nullable;

/**
 * The blocks of up to 64 lanes. A lane is a bit, so that membership, intersection and masking are one instruction each; the
 * blocks of a prompt are nodes next to each other, so that walking along a prompt reads memory in order. Writers take turns
 * by the cohort's monitor, once per batch of changes; readers never wait.
 *
 * <p>What readers may see: a lane for a block that it held at some moment during the look-up, never otherwise. What they may
 * miss: changes while they look. A bit goes to another lane only after no node has it any more, and a reader drops lanes that
 * left while it walked.
 */
final class Cohort {

    static final int MAX_LANES = 64;

    private static final int TIERS = StorageTier.COUNT;
    private static final int SWEEP_NODES = 1 << 16;
    private static final int EVICTED_AT_ONCE = 1 << 12;
    private static final int LOCATED_AT_ONCE = 32;

    /** What readers walk over; replaced as a whole. */
    record View(Nodes nodes, SlotTable slots) {}

    /** Which lane has which bit; replaced as a whole. */
    record Lanes(long active, @Nullable IndexLane[] byBit) {}

    private final MemoryBudget budget;
    private final NodeSpace space = new NodeSpace();
    private final long[][] held = new long[TIERS][MAX_LANES];
    private final int[] located = new int[LOCATED_AT_ONCE];

    private volatile View view;
    private volatile Lanes lanes = new Lanes(0, new IndexLane[MAX_LANES]);
    private Nodes nodes = Nodes.none(TIERS);
    private SlotTable slots = SlotTable.forEntries(0);
    private long sweeping;
    private int sweepAt;
    private int evictAt;
    private long evicted;

    Cohort(MemoryBudget budget) {
        this.budget = budget;
        budget.charge(slots.bytes());
        view = new View(nodes, slots);
    }

    View view() {
        return view;
    }

    Lanes lanes() {
        return lanes;
    }

    /** Bits that no lane has, those to be swept left out. */
    synchronized int freeBits() {
        return MAX_LANES - Long.bitCount(lanes.active() | sweeping);
    }

    synchronized int blocks() {
        return slots.size();
    }

    synchronized long evictedBlocks() {
        return evicted;
    }

    synchronized long heldBlocks(int bit, int tier) {
        return held[tier][bit];
    }

    /** Gives a lane a bit; there must be a free one. */
    synchronized void join(IndexLane lane) {
        int bit = Long.numberOfTrailingZeros(~(lanes.active() | sweeping));
        for (long[] tier : held) {
            tier[bit] = 0;
        }
        lane.bit = bit;
        publish(lanes.active() | 1L << bit, bit, lane);
    }

    /** Takes the lane's bit away: from now on no reader sees it; {@link #sweep} clears it from the nodes. */
    synchronized void leave(IndexLane lane) {
        int bit = lane.bit;
        if (bit < 0) {
            return;
        }
        lane.bit = -1;
        publish(lanes.active() & ~(1L << bit), bit, null);
        sweeping |= 1L << bit;
        sweepAt = 0;
        for (long[] tier : held) {
            tier[bit] = 0;
        }
    }

    private void publish(long active, int bit, @Nullable IndexLane lane) {
        @Nullable IndexLane[] byBit = lanes.byBit().clone();
        byBit[bit] = lane;
        lanes = new Lanes(active, byBit);
    }

    /** The lane holds nothing any more in the tiers of a mask. */
    synchronized void clear(IndexLane lane, int tierMask) {
        if (lane.bit < 0) {
            return;
        }
        long rest = 0;
        for (int tier = 0; tier < TIERS; tier++) {
            rest += (tierMask >> tier & 1) == 0 ? held[tier][lane.bit] : 0;
        }
        if (rest > 0) {
            clearNodes(1L << lane.bit, tierMask, 0, nodes.capacity());
            for (int tier = 0; tier < TIERS; tier++) {
                held[tier][lane.bit] = (tierMask >> tier & 1) == 0 ? held[tier][lane.bit] : 0;
            }
        } else {
            leave(lane);
            if (freeBits() == 0) {
                sweepAll();
            }
            join(lane);
        }
    }

    /** Clears some nodes of lanes that left. @return whether there is more to clear */
    synchronized boolean sweep() {
        if (sweeping == 0) {
            return false;
        }
        int to = Math.min(nodes.capacity(), sweepAt + SWEEP_NODES);
        clearNodes(sweeping, StorageTier.ALL, sweepAt, to);
        sweepAt = to;
        if (sweepAt == nodes.capacity()) {
            sweeping = 0;
        }
        return sweeping != 0;
    }

    private void sweepAll() {
        while (sweep()) {}
    }

    private void clearNodes(long bits, int tierMask, int from, int to) {
        for (int node = space.nextUsed(from); node < to; node = space.nextUsed(node + 1)) {
            boolean isChanged = false;
            for (int tier = 0; tier < TIERS; tier++) {
                long before = (tierMask >> tier & 1) == 0 ? 0 : nodes.lanes(tier, node);
                if ((before & bits) != 0) {
                    nodes.setLanes(tier, node, before & ~bits);
                    isChanged = true;
                }
            }
            if (isChanged && nodes.lanes(node) == 0) {
                release(node);
            }
        }
    }

    private void release(int node) {
        long key = nodes.key(node);
        slots.remove(key, node);
        nodes.setKey(node, 0);
        space.free(node);
    }

    /** The lane holds these blocks, which follow each other; see {@link IndexLane#stored}. */
    synchronized void store(IndexLane lane, int tier, long parentKey, long[] keys, int from, int count) {
        if (lane.bit < 0) {
            return;
        }
        if (!nodes.hasTier(tier)) {
            addTier(tier);
        }
        int end = from + count;
        int previous = parentKey == 0 ? -1 : find(parentKey);
        int spare = 0;
        int claimed = 0;
        for (int batch = from; batch < end; batch += LOCATED_AT_ONCE) {
            int batchEnd = Math.min(end, batch + LOCATED_AT_ONCE);
            locate(keys, batch, batchEnd);
            for (int i = batch; i < batchEnd; i++) {
                int node = located[i - batch];
                // Memory that ran out since may have taken the node away.
                if (node >= 0 && nodes.key(node) == keys[i]) {
                    hold(node, lane.bit, tier);
                    previous = node;
                    continue;
                }
                if (claimed == 0) {
                    spare = claim(previous, end - i);
                    claimed = space.claimed();
                }
                if (isNamedBefore(keys, batch, i)) {
                    continue;
                }
                insert(spare, keys[i], lane.bit, tier);
                previous = spare++;
                claimed--;
            }
        }
        for (; claimed > 0; claimed--) {
            space.free(spare++);
        }
    }

    /** Whether a run names a block twice; its node then came after its batch was located. */
    private static boolean isNamedBefore(long[] keys, int from, int at) {
        for (int i = from; i < at; i++) {
            if (keys[i] == keys[at]) {
                return true;
            }
        }
        return false;
    }

    private void hold(int node, int bit, int tier) {
        long before = nodes.lanes(tier, node);
        if ((before >>> bit & 1) == 0) {
            nodes.setLanes(tier, node, before | 1L << bit);
            held[tier][bit]++;
        }
    }

    /** Makes a claimed node a block's. */
    private void insert(int node, long key, int bit, int tier) {
        if (slots.isFull()) {
            rebuildSlots();
        }
        nodes.setLanes(tier, node, 1L << bit);
        nodes.setKey(node, key);
        slots.add(key, node);
        held[tier][bit]++;
    }

    /** Finds the nodes of several keys: the loads of one step do not wait for each other. */
    private void locate(long[] keys, int from, int to) {
        for (int i = from; i < to; i++) {
            located[i - from] = slots.at(slots.start(keys[i]));
        }
        for (int i = from; i < to; i++) {
            int entry = located[i - from];
            int node = SlotTable.candidate(entry, keys[i]);
            boolean isFound = node >= 0 && nodes.key(node) == keys[i];
            located[i - from] = isFound ? node : entry == 0 ? -1 : find(keys[i]);
        }
    }

    private int claim(int previous, int want) {
        int node = previous < 0 ? -1 : space.claimAfter(previous, want);
        if (node < 0) {
            node = space.claim(want);
        }
        while (node < 0) {
            if (nodes.capacity() + Nodes.SEGMENT_NODES <= SlotTable.MAX_NODES
                    && budget.take(Nodes.segmentBytes(nodes.tiersInUse()))) {
                nodes = nodes.withSegment();
                space.grow(Nodes.SEGMENT_NODES);
                view = new View(nodes, slots);
            } else {
                evict();
            }
            node = space.claim(want);
        }
        return node;
    }

    /** Frees the blocks at the hand that goes round over the nodes, which are roughly in the order of storing. */
    private void evict() {
        if (nodes.capacity() == 0) {
            // The first segment is needed whatever the budget says.
            budget.charge(Nodes.segmentBytes(nodes.tiersInUse()));
            nodes = nodes.withSegment();
            space.grow(Nodes.SEGMENT_NODES);
            view = new View(nodes, slots);
            return;
        }
        for (int freed = 0; freed < EVICTED_AT_ONCE && space.used() > 0; ) {
            int node = space.nextUsed(evictAt);
            if (node >= nodes.capacity()) {
                evictAt = 0;
                continue;
            }
            evictAt = node + 1;
            for (int tier = 0; tier < TIERS; tier++) {
                long holders = nodes.lanes(tier, node);
                for (long left = holders; left != 0; left &= left - 1) {
                    held[tier][Long.numberOfTrailingZeros(left)]--;
                }
                if (holders != 0) {
                    nodes.setLanes(tier, node, 0);
                }
            }
            release(node);
            evicted++;
            freed++;
        }
    }

    private void addTier(int tier) {
        budget.charge((long) nodes.segments() * Nodes.SEGMENT_NODES * Long.BYTES);
        nodes = nodes.withTier(tier);
        view = new View(nodes, slots);
    }

    private void rebuildSlots() {
        SlotTable table = SlotTable.forEntries(slots.size());
        for (int node = space.nextUsed(0); node < nodes.capacity(); node = space.nextUsed(node + 1)) {
            long key = nodes.key(node);
            if (key != 0) {
                table.add(key, node);
            }
        }
        budget.charge(table.bytes() - slots.bytes());
        slots = table;
        view = new View(nodes, slots);
    }

    /** The lane holds these blocks no longer; see {@link IndexLane#removed}. */
    synchronized void remove(IndexLane lane, int tier, long[] keys, int from, int count) {
        if (lane.bit < 0 || !nodes.hasTier(tier)) {
            return;
        }
        int end = from + count;
        for (int batch = from; batch < end; batch += LOCATED_AT_ONCE) {
            int batchEnd = Math.min(end, batch + LOCATED_AT_ONCE);
            locate(keys, batch, batchEnd);
            for (int i = batch; i < batchEnd; i++) {
                int node = located[i - batch];
                // A key that is named twice has no node any more.
                if (node >= 0 && nodes.key(node) == keys[i]) {
                    drop(node, lane.bit, tier);
                }
            }
        }
    }

    private void drop(int node, int bit, int tier) {
        long before = nodes.lanes(tier, node);
        if ((before >>> bit & 1) == 0) {
            return;
        }
        nodes.setLanes(tier, node, before & ~(1L << bit));
        held[tier][bit]--;
        if (nodes.lanes(node) == 0) {
            release(node);
        }
    }

    /** The node with a key; -1 without one. For the writer. */
    private int find(long key) {
        int slot = slots.start(key);
        for (int entry = slots.at(slot); entry != 0; entry = slots.at(slot)) {
            int node = SlotTable.candidate(entry, key);
            if (node >= 0 && nodes.key(node) == key) {
                return node;
            }
            slot = slots.next(slot);
        }
        return -1;
    }
}
