package io.llmd.scheduler.prefix;

import java.util.Arrays;

/**
 * A bounded set of hashes that forgets the least recently used one first. Not thread-safe. All operations O(1).
 *
 * <p>At most {@code capacity} entries, each 16 bytes plus 4 bytes per table cell; the table has between one and a half
 * and three cells per entry of room, so that an entry costs 22 to 28 bytes once the set is full. Room grows with use.
 */
final class LruHashSet {

    /*
     * Entries are numbered from 0; their hash and their neighbours in the order of use are in three arrays. Entry
     * `size` and above are free: removing an entry moves the last one into its place, so there is no free list. A full set
     * gives the place of the oldest entry to the new one, so that hashes that come together stay neighbours. The
     * table maps a hash to its entry number + 1 by linear probing; removal closes the gap by moving later cells of the
     * run forward (Knuth 6.4, algorithm R), so there are no tombstones and the load is what it seems.
     */
    private static final int NONE = -1;
    private static final int MIN_ROOM = 64;

    private int capacity;
    private int size;
    private long[] hashes;
    private int[] newer;
    private int[] older;
    private int[] table;
    private int newest = NONE;
    private int oldest = NONE;

    LruHashSet(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity: " + capacity + " (expected: >= 1)");
        }
        this.capacity = capacity;
        int room = Math.min(capacity, MIN_ROOM);
        hashes = new long[room];
        newer = new int[room];
        older = new int[room];
        table = new int[tableSize(room)];
    }

    private static int tableSize(int room) {
        return Integer.highestOneBit(Math.max(2, room + room / 2) - 1) << 1;
    }

    int size() {
        return size;
    }

    int capacity() {
        return capacity;
    }

    boolean contains(long hash) {
        return table[cell(hash)] != 0;
    }

    /** Makes {@code hash} the most recently used one; a full set forgets the least recently used one for it. */
    void add(long hash) {
        int entry = table[cell(hash)] - 1;
        if (entry >= 0) {
            unlink(entry);
            linkNewest(entry);
            return;
        }
        if (size == capacity) {
            entry = oldest;
            unlink(entry);
            closeGap(cell(hashes[entry]));
        } else {
            if (size == hashes.length) {
                grow();
            }
            entry = size++;
        }
        hashes[entry] = hash;
        table[cell(hash)] = entry + 1;
        linkNewest(entry);
    }

    /** Changes how many entries are kept, forgetting the least recently used ones when they are too many. */
    void resize(int newCapacity) {
        if (newCapacity < 1) {
            throw new IllegalArgumentException("capacity: " + newCapacity + " (expected: >= 1)");
        }
        capacity = newCapacity;
        while (size > capacity) {
            remove(oldest);
        }
    }

    private int cell(long hash) {
        int mask = table.length - 1;
        int cell = home(hash, mask);
        while (table[cell] != 0 && hashes[table[cell] - 1] != hash) {
            cell = (cell + 1) & mask;
        }
        return cell;
    }

    private static int home(long hash, int mask) {
        return (int) (hash ^ (hash >>> 32)) & mask;
    }

    private void grow() {
        int room = (int) Math.min(capacity, 2L * hashes.length);
        hashes = Arrays.copyOf(hashes, room);
        newer = Arrays.copyOf(newer, room);
        older = Arrays.copyOf(older, room);
        table = new int[tableSize(room)];
        for (int entry = 0; entry < size; entry++) {
            table[cell(hashes[entry])] = entry + 1;
        }
    }

    private void remove(int entry) {
        unlink(entry);
        closeGap(cell(hashes[entry]));
        int last = --size;
        if (entry != last) {
            table[cell(hashes[last])] = entry + 1;
            hashes[entry] = hashes[last];
            relink(last, entry);
        }
    }

    private void closeGap(int from) {
        int mask = table.length - 1;
        int gap = from;
        for (int i = (gap + 1) & mask; table[i] != 0; i = (i + 1) & mask) {
            int home = home(hashes[table[i] - 1], mask);
            if (((i - home) & mask) >= ((i - gap) & mask)) {
                table[gap] = table[i];
                gap = i;
            }
        }
        table[gap] = 0;
    }

    private void linkNewest(int entry) {
        newer[entry] = NONE;
        older[entry] = newest;
        if (newest == NONE) {
            oldest = entry;
        } else {
            newer[newest] = entry;
        }
        newest = entry;
    }

    private void unlink(int entry) {
        int before = newer[entry];
        int after = older[entry];
        if (before == NONE) {
            newest = after;
        } else {
            older[before] = after;
        }
        if (after == NONE) {
            oldest = before;
        } else {
            newer[after] = before;
        }
    }

    /** The neighbours of entry {@code from} are told that it is entry {@code to} now. */
    private void relink(int from, int to) {
        newer[to] = newer[from];
        older[to] = older[from];
        if (newer[to] == NONE) {
            newest = to;
        } else {
            older[newer[to]] = to;
        }
        if (older[to] == NONE) {
            oldest = to;
        } else {
            newer[older[to]] = to;
        }
    }
}
