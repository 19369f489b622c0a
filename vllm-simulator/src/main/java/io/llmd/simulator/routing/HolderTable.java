package io.llmd.simulator.routing;

/** Bit sets by block hash, such as of the endpoints that hold a block. Empty sets are dropped when the table is full. Not thread-safe. */
public final class HolderTable {
    /** A key and its set, side by side so that they share a cache line. */
    private long[] table = new long[1 << 17];

    private int used;

    /** The set of a block; 0 when there is none. */
    public long get(long key) {
        return table[slot(key) + 1];
    }

    /** Adds bits to the set of a block. */
    public void add(long key, long bits) {
        int slot = slot(key);
        if (table[slot] != key) {
            table[slot] = key;
            used++;
        }
        table[slot + 1] |= bits;
        if (used > table.length / 4) {
            rebuild();
        }
    }

    /** Takes bits out of the set of a block. */
    public void remove(long key, long bits) {
        table[slot(key) + 1] &= ~bits;
    }

    /** Takes bits out of all sets. */
    public void removeFromAll(long bits) {
        for (int i = 1; i < table.length; i += 2) {
            table[i] &= ~bits;
        }
    }

    /** Where a key is, or would be. */
    private int slot(long key) {
        int mask = table.length - 2;
        int slot = (int) (key * 0x9E3779B97F4A7C15L >>> 40) << 1 & mask;
        while (table[slot] != key && table[slot] != 0) {
            slot = slot + 2 & mask;
        }
        return slot;
    }

    private void rebuild() {
        long[] old = table;
        int live = 0;
        for (int i = 1; i < old.length; i += 2) {
            live += old[i] == 0 ? 0 : 1;
        }
        table = new long[live > old.length / 8 ? old.length * 2 : old.length];
        used = 0;
        for (int i = 0; i < old.length; i += 2) {
            if (old[i + 1] != 0) {
                add(old[i], old[i + 1]);
            }
        }
    }
}
