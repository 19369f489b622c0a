package io.llmd.simulator.accuracy;

/** Bit sets by block hash. Empty sets are dropped when the table is full. */
final class HolderTable {
    private long[] keys = new long[1 << 16];
    private long[] sets = new long[1 << 16];
    private int used;

    long get(long key) {
        return sets[slot(key)];
    }

    void add(long key, long bits) {
        int slot = slot(key);
        if (sets[slot] == 0 && keys[slot] != key) {
            keys[slot] = key;
            used++;
        }
        sets[slot] |= bits;
        if (used > keys.length / 2) {
            rebuild();
        }
    }

    void remove(long key, long bits) {
        sets[slot(key)] &= ~bits;
    }

    void removeFromAll(long bits) {
        for (int i = 0; i < sets.length; i++) {
            sets[i] &= ~bits;
        }
    }

    private int slot(long key) {
        int mask = keys.length - 1;
        int slot = (int) (key * 0x9E3779B97F4A7C15L >>> 40) & mask;
        while (keys[slot] != key && keys[slot] != 0) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private void rebuild() {
        long[] oldKeys = keys;
        long[] oldSets = sets;
        int live = 0;
        for (long set : oldSets) {
            live += set == 0 ? 0 : 1;
        }
        int capacity = live > oldKeys.length / 4 ? oldKeys.length * 2 : oldKeys.length;
        keys = new long[capacity];
        sets = new long[capacity];
        used = 0;
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldSets[i] != 0) {
                add(oldKeys[i], oldSets[i]);
            }
        }
    }
}
