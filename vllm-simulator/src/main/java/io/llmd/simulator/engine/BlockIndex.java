package io.llmd.simulator.engine;

import java.util.Arrays;

/**
 * Block numbers by block hash: open addressing with linear probing, at most half full. Holds as many entries as it was
 * made for. Not thread-safe.
 */
final class BlockIndex {
    static final int NONE = -1;

    private final long[] keys;
    private final int[] values;
    private final int mask;

    BlockIndex(int entries) {
        int capacity = Integer.highestOneBit(Math.max(8, entries) * 2 - 1) << 1;
        keys = new long[capacity];
        values = new int[capacity];
        Arrays.fill(values, NONE);
        mask = capacity - 1;
    }

    int get(long key) {
        for (int slot = slot(key); values[slot] != NONE; slot = slot + 1 & mask) {
            if (keys[slot] == key) {
                return values[slot];
            }
        }
        return NONE;
    }

    void put(long key, int value) {
        int slot = slot(key);
        while (values[slot] != NONE && keys[slot] != key) {
            slot = slot + 1 & mask;
        }
        keys[slot] = key;
        values[slot] = value;
    }

    void remove(long key) {
        int slot = slot(key);
        while (keys[slot] != key || values[slot] == NONE) {
            if (values[slot] == NONE) {
                return;
            }
            slot = slot + 1 & mask;
        }
        closeGap(slot);
    }

    /** Moves later entries of the probe run forward, so that look-ups need no markers for removed ones. */
    private void closeGap(int removed) {
        int gap = removed;
        for (int slot = gap + 1 & mask; values[slot] != NONE; slot = slot + 1 & mask) {
            int home = slot(keys[slot]);
            if ((slot - home & mask) >= (slot - gap & mask)) {
                keys[gap] = keys[slot];
                values[gap] = values[slot];
                gap = slot;
            }
        }
        values[gap] = NONE;
    }

    void clear() {
        Arrays.fill(values, NONE);
    }

    private int slot(long key) {
        return (int) (key * 0x9E3779B97F4A7C15L >>> 32) & mask;
    }
}
