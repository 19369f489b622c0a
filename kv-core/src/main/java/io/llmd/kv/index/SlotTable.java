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
    private static final int MIN_SLOTS = 1024;
    private static final int NODE_BITS = 26;
    private static final int NODE = (1 << NODE_BITS) - 1;
    private static final int REMOVED = NODE;

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
        return new SlotTable(Math.max(MIN_SLOTS, (int) (entries / FIRST_FILL)));
    }

    long bytes() {
        return (long) slots.length * Integer.BYTES;
    }

    /** Whether another entry needs a new table. */
    boolean isFull() {
        return taken >= limit;
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

    /** Adds the entry of a node whose key is not in the table, which must not be full. */
    void add(long key, int node) {
        int slot = start(key);
        while (slots[slot] != 0 && slots[slot] != REMOVED) {
            slot = next(slot);
        }
        if (slots[slot] == 0) {
            taken++;
        }
        live++;
        SLOT.setRelease(slots, slot, node + 1 | bitsOf(key));
    }

    /** Removes the entry of a node that is in the table under this key. */
    void remove(long key, int node) {
        int wanted = node + 1 | bitsOf(key);
        int slot = start(key);
        while (slots[slot] != wanted) {
            slot = next(slot);
        }
        live--;
        if (slots[next(slot)] == 0) {
            SLOT.setRelease(slots, slot, 0);
            taken--;
        } else {
            SLOT.setRelease(slots, slot, REMOVED);
        }
    }
}
