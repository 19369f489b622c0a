package io.llmd.kv.index;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Finds nodes by key: open addressing with linear probing over node numbers, each with six bits of its key, so that almost
 * only the right node is ever looked at. One writer; any number of readers at the same time, for which entries never move
 * within a table: a removed one leaves a mark that a later one replaces, and the writer builds another table when marks and
 * entries leave too few free places.
 */
final class SlotTable {

    /** Nodes must be below this. */
    static final int MAX_NODES = (1 << 26) - 2;

    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(int[].class);
    private static final long MIX = 0x9E3779B97F4A7C15L;
    private static final double MAX_FILL = 0.72;
    private static final double FIRST_FILL = 0.55;

    /** Of tables for no more than {@link #SMALL} entries, which double: they grow often, and take some megabytes more at most. */
    private static final double FIRST_FILL_OF_SMALL = 0.36;

    private static final int SMALL = 1 << 21;
    private static final int MIN_SLOTS = 1024;
    private static final int NODE_BITS = 26;
    private static final int NODE = (1 << NODE_BITS) - 1;
    private static final int REMOVED = NODE;
    private static final int RENEWED_AT_ONCE = 64;

    private final int[] slots;
    private final int limit;
    private int taken;
    private int live;

    private SlotTable(int size) {
        slots = new int[size];
        limit = (int) (size * MAX_FILL);
    }

    /** A table with room for some entries more than these. */
    static SlotTable forEntries(int entries) {
        double fill = entries > SMALL ? FIRST_FILL : FIRST_FILL_OF_SMALL;
        return new SlotTable(Math.max(MIN_SLOTS, (int) (entries / fill)));
    }

    /**
     * A table with the same entries, room for more of them, and no marks. For the writer.
     *
     * @implNote the order of entries is nearly the same in both tables, so that only keys are read from anywhere, and these many
     *     at a time; entries are told from marks and free places without a branch, which would be mispredicted half of the time
     */
    SlotTable renewed(Nodes nodes) {
        SlotTable table = forEntries(live);
        int[] entries = new int[RENEWED_AT_ONCE];
        long[] keys = new long[RENEWED_AT_ONCE];
        for (int from = 0; from < slots.length; from += RENEWED_AT_ONCE) {
            int to = Math.min(slots.length, from + RENEWED_AT_ONCE);
            int count = 0;
            for (int slot = from; slot < to; slot++) {
                entries[count] = slots[slot];
                count += 1 - (slots[slot] + 1 & NODE) >>> 31;
            }
            for (int i = 0; i < count; i++) {
                keys[i] = nodes.ownKey((entries[i] & NODE) - 1);
            }
            table.addAll(entries, keys, count);
        }
        return table;
    }

    private void addAll(int[] entries, long[] keys, int count) {
        for (int i = 0; i < count; i++) {
            int slot = start(keys[i]);
            while (slots[slot] != 0) {
                slot = next(slot);
            }
            slots[slot] = entries[i];
        }
        taken += count;
        live += count;
    }

    long bytes() {
        return (long) slots.length * Integer.BYTES;
    }

    /** Whether so many more entries need a new table. */
    boolean lacksRoom(int more) {
        return taken + more > limit;
    }

    int size() {
        return live;
    }

    /** The place where the search for a key begins. */
    int start(long key) {
        return (int) Math.unsignedMultiplyHigh((key ^ key >>> 32) * MIX, slots.length);
    }

    /**
     * What is in a place; 0 ends a search. Readable from any thread.
     *
     * @implNote read plainly: which node is looked at follows from what is read, and the node's key is read with acquire and
     *     compared, so that an old place gives an old answer and never a wrong one
     */
    int at(int slot) {
        return slots[slot];
    }

    int next(int slot) {
        int next = slot + 1;
        return next == slots.length ? 0 : next;
    }

    /** The node of an entry that may be the one of a key; -1 when it is certainly another's, or nobody's. */
    static int candidate(int entry, long key) {
        int node = (entry & NODE) - 1;
        return (entry ^ bitsOf(key)) >>> NODE_BITS == 0 && node != REMOVED - 1 ? node : -1;
    }

    private static int bitsOf(long key) {
        return (int) key << NODE_BITS;
    }

    /**
     * Where a key's entry is, or where it would go. For the writer.
     *
     * @param from {@link #start} of the key
     * @return the place of the entry; when there is none, the complement ({@code ~}) of the place for it, which holds until the
     *     next change
     */
    int find(int from, long key, Nodes nodes) {
        int bits = bitsOf(key);
        int gap = -1;
        int slot = from;
        for (int entry = slots[slot]; entry != 0; entry = slots[slot]) {
            if (entry == REMOVED) {
                gap = gap < 0 ? slot : gap;
            } else if ((entry ^ bits) >>> NODE_BITS == 0 && nodes.ownKey((entry & NODE) - 1) == key) {
                return slot;
            }
            slot = next(slot);
        }
        return ~(gap < 0 ? slot : gap);
    }

    /** The place of a node that is in the table under this key. */
    int placeOf(long key, int node) {
        int wanted = node + 1 | bitsOf(key);
        int slot = start(key);
        while (slots[slot] != wanted) {
            slot = next(slot);
        }
        return slot;
    }

    /** The node of the entry in a place. */
    int node(int slot) {
        return (slots[slot] & NODE) - 1;
    }

    /** Adds a node's entry in the place that {@link #find} named; the table must not lack room. */
    void add(int slot, long key, int node) {
        if (slots[slot] == 0) {
            taken++;
        }
        live++;
        SLOT.setRelease(slots, slot, node + 1 | bitsOf(key));
    }

    /**
     * Removes the entry in a place.
     *
     * @implNote no search goes past a free place, so that the marks before one become free as well
     */
    void remove(int slot) {
        live--;
        if (slots[next(slot)] != 0) {
            SLOT.setRelease(slots, slot, REMOVED);
            return;
        }
        int free = slot;
        do {
            SLOT.setRelease(slots, free, 0);
            taken--;
            free = free == 0 ? slots.length - 1 : free - 1;
        } while (slots[free] == REMOVED);
    }
}
