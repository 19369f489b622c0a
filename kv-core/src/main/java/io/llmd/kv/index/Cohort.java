package io.llmd.kv.index;

import io.llmd.kv.event.StorageTier;
import io.llmd.kv.lane.GroupRule;
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
    /** Rules of other KV-cache groups that are told apart; more are not followed. */
    static final int MAX_RULES = 4;

    /** In place of a rule's bit: the lane has groups whose rules are not followed. */
    static final int UNFOLLOWED = 1 << MAX_RULES;

    private static final int SWEEP_NODES = 1 << 16;
    private static final int EVICTED_AT_ONCE = 1 << 12;
    private static final int SOUGHT_AT_ONCE = 32;

    /** What readers walk over; replaced as a whole. */
    record View(Nodes nodes, SlotTable slots) {}

    /** Which lane has which bit; replaced as a whole. */
    record Lanes(long active, @Nullable IndexLane[] byBit) {}

    private final MemoryBudget budget;
    private final NodeSpace space = new NodeSpace();
    private final long[][] held = new long[TIERS][MAX_LANES];
    private final int[] starts = new int[SOUGHT_AT_ONCE];
    private final int[] emptied = new int[SOUGHT_AT_ONCE];
    private int fetched;
    private volatile boolean hasGroups;

    private volatile View view;
    private volatile Lanes lanes = new Lanes(0, new IndexLane[MAX_LANES]);
    private Nodes nodes = Nodes.none(TIERS);
    private SlotTable slots = SlotTable.forEntries(0);
    private long sweeping;
    private int sweepAt;
    private int evictAt;
    private long evicted;
    private long unfollowed;

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

    /** Whether any lane has, or had, other KV-cache groups. */
    boolean hasGroups() {
        return hasGroups;
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

    /** How often a lane turned out to have groups whose rules are not followed; anew after each clear. */
    synchronized long unfollowedRules() {
        return unfollowed;
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
        lane.groupPlanes = 0;
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
        lane.groupPlanes = 0;
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

    /** Clears bits in one pass over each tier's memory, which mostly finds none of them: nodes that nobody has hold no bits. */
    private void clearNodes(long bits, int tierMask, int from, int to) {
        for (int begin = from; begin < to; ) {
            int end = Math.min(to, (begin | Nodes.SEGMENT_NODES - 1) + 1);
            for (int plane = 0; plane < nodes.rules(); plane++) {
                clearGroups(plane, bits, begin, end);
            }
            for (int tier = 0; tier < TIERS; tier++) {
                if ((tierMask >> tier & 1) != 0 && nodes.hasTier(tier)) {
                    clearTier(tier, bits, begin, end);
                }
            }
            begin = end;
        }
    }

    private void clearTier(int tier, long bits, int from, int to) {
        long[] segment = nodes.ownSegment(tier, from);
        int offset = from & ~(Nodes.SEGMENT_NODES - 1);
        int count = 0;
        for (int node = from; node < to; node++) {
            long before = segment[node - offset];
            if ((before & bits) != 0) {
                nodes.setLanes(tier, node, before & ~bits);
                if (nodes.lanes(node) == 0) {
                    emptied[count++] = node;
                    count = count == SOUGHT_AT_ONCE ? releaseAll(count) : count;
                }
            }
        }
        releaseAll(count);
    }

    /** Releases emptied nodes. @return how many are left: none */
    private int releaseAll(int count) {
        int entries = 0;
        for (int i = 0; i < count; i++) {
            entries += slots.at(slots.start(nodes.ownKey(emptied[i])));
        }
        // As in begin.
        fetched = entries;
        for (int i = 0; i < count; i++) {
            release(emptied[i]);
        }
        return 0;
    }

    private void clearGroups(int plane, long bits, int from, int to) {
        for (int node = from; node < to; node++) {
            long before = nodes.groupLanes(plane, node);
            if ((before & bits) != 0) {
                nodes.setGroupLanes(plane, node, before & ~bits);
            }
        }
    }

    private void release(int node) {
        release(slots.placeOf(nodes.ownKey(node), node), node);
    }

    private void release(int place, int node) {
        slots.remove(place);
        nodes.clearGroups(node);
        nodes.setKey(node, 0);
        space.free(node);
    }

    /** The lane holds these blocks, which follow each other; see {@link IndexLane#stored}. */
    synchronized void store(IndexLane lane, int tier, long parentKey, long[] keys, int from, int count) {
        int bit = lane.bit;
        if (bit < 0) {
            return;
        }
        if (!nodes.hasTier(tier)) {
            addTier(tier);
        }
        int end = from + count;
        int previous = parentKey == 0 ? -1 : find(parentKey);
        int spare = 0;
        int claimed = 0;
        int added = 0;
        for (int batch = from; batch < end; batch += SOUGHT_AT_ONCE) {
            int batchEnd = Math.min(end, batch + SOUGHT_AT_ONCE);
            if (slots.lacksRoom(batchEnd - batch)) {
                rebuildSlots();
            }
            begin(keys, batch, batchEnd);
            for (int i = batch; i < batchEnd; i++) {
                int place = slots.find(starts[i - batch], keys[i], nodes);
                if (place < 0) {
                    if (claimed == 0) {
                        spare = claim(previous, end - i);
                        claimed = space.claimed();
                        // Memory that ran out may have changed what is where.
                        place = slots.find(starts[i - batch], keys[i], nodes);
                    }
                    insert(~place, spare, keys[i], bit, tier);
                    previous = spare++;
                    claimed--;
                    added++;
                } else {
                    previous = slots.node(place);
                    added += hold(previous, bit, tier);
                }
            }
        }
        held[tier][bit] += added;
        for (; claimed > 0; claimed--) {
            space.free(spare++);
        }
    }

    /** @return blocks that the lane has more now */
    private int hold(int node, int bit, int tier) {
        long before = nodes.ownLanes(tier, node);
        if ((before >>> bit & 1) != 0) {
            return 0;
        }
        nodes.setLanes(tier, node, before | 1L << bit);
        return 1;
    }

    /** Makes a claimed node a block's. */
    private void insert(int place, int node, long key, int bit, int tier) {
        nodes.setLanes(tier, node, 1L << bit);
        nodes.setKey(node, key);
        slots.add(place, key, node);
    }

    /** Finds where searches for several keys begin, and fetches that memory: the loads do not wait for each other. */
    private void begin(long[] keys, int from, int to) {
        int entries = 0;
        for (int i = from; i < to; i++) {
            int start = slots.start(keys[i]);
            starts[i - from] = start;
            entries += slots.at(start);
        }
        // Kept, so that the compiler does not leave the loads out.
        fetched = entries;
    }

    private int claim(int previous, int want) {
        int node = previous < 0 ? -1 : space.claimAfter(previous, want);
        if (node < 0) {
            node = space.claim(want);
        }
        while (node < 0) {
            if (nodes.capacity() + Nodes.SEGMENT_NODES <= SlotTable.MAX_NODES && budget.take(nodes.segmentBytes())) {
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
            budget.charge(nodes.segmentBytes());
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
        SlotTable table = slots.renewed(nodes);
        budget.charge(table.bytes() - slots.bytes());
        slots = table;
        view = new View(nodes, slots);
    }

    /**
     * The lane's groups with a rule hold these blocks, none of which may have key 0. Those that the lane does not hold itself are
     * of no use, and left out.
     */
    synchronized void storeOfGroups(IndexLane lane, int rule, long[] keys, int from, int count) {
        if (lane.bit < 0) {
            return;
        }
        hasGroups = true;
        int plane = rule == GroupRule.UNKNOWN ? -1 : planeOrNew(rule);
        if (plane < 0) {
            unfollowed += (lane.groupPlanes & UNFOLLOWED) == 0 ? 1 : 0;
            lane.groupPlanes |= UNFOLLOWED;
            return;
        }
        for (int i = from; i < from + count; i++) {
            int node = keys[i] == 0 ? -1 : find(keys[i]);
            if (node >= 0) {
                nodes.setGroupLanes(plane, node, nodes.groupLanes(plane, node) | 1L << lane.bit);
            }
        }
        // Behind the blocks, so that nobody looks for them before.
        lane.groupPlanes |= 1 << plane;
    }

    /** The lane's groups with a rule do not all hold these blocks any more. */
    synchronized void removeOfGroups(IndexLane lane, int rule, long[] keys, int from, int count) {
        int plane = lane.bit < 0 ? -1 : plane(rule);
        for (int i = from; plane >= 0 && i < from + count; i++) {
            int node = find(keys[i]);
            if (node >= 0) {
                nodes.setGroupLanes(plane, node, nodes.groupLanes(plane, node) & ~(1L << lane.bit));
            }
        }
    }

    private int plane(int rule) {
        for (int plane = 0; plane < nodes.rules(); plane++) {
            if (nodes.rule(plane) == rule) {
                return plane;
            }
        }
        return -1;
    }

    private int planeOrNew(int rule) {
        int plane = plane(rule);
        if (plane >= 0 || nodes.rules() == MAX_RULES) {
            return plane;
        }
        budget.charge((long) nodes.segments() * Nodes.SEGMENT_NODES * Long.BYTES);
        nodes = nodes.withRule(rule);
        view = new View(nodes, slots);
        return nodes.rules() - 1;
    }

    /** The lane holds these blocks no longer; see {@link IndexLane#removed}. */
    synchronized void remove(IndexLane lane, int tier, long[] keys, int from, int count) {
        int bit = lane.bit;
        if (bit < 0 || !nodes.hasTier(tier)) {
            return;
        }
        int end = from + count;
        int gone = 0;
        for (int batch = from; batch < end; batch += SOUGHT_AT_ONCE) {
            int batchEnd = Math.min(end, batch + SOUGHT_AT_ONCE);
            begin(keys, batch, batchEnd);
            for (int i = batch; i < batchEnd; i++) {
                int place = slots.find(starts[i - batch], keys[i], nodes);
                gone += place < 0 ? 0 : drop(place, bit, tier);
            }
        }
        held[tier][bit] -= gone;
    }

    /** @return blocks that the lane has less now */
    private int drop(int place, int bit, int tier) {
        int node = slots.node(place);
        long before = nodes.ownLanes(tier, node);
        if ((before >>> bit & 1) == 0) {
            return 0;
        }
        nodes.setLanes(tier, node, before & ~(1L << bit));
        if (nodes.lanes(node) == 0) {
            release(place, node);
        }
        return 1;
    }

    /** The node with a key; -1 without one. For the writer. */
    private int find(long key) {
        int place = slots.find(slots.start(key), key, nodes);
        return place < 0 ? -1 : slots.node(place);
    }
}
