package io.llmd.scheduler.prefix;

import java.util.Arrays;

/**
 * A bounded set of hashes that forgets the least recently used one first. Not thread-safe. All operations O(1).
 *
 * <p>A hash comes with a home, always the same one, from which its search begins. {@linkplain #home(long, int) Homes} of the
 * blocks of a chain are neighbours, so that a chain is passed over at the cost of a memory access for every eighth block.
 *
 * <p>At most {@code capacity} entries, each 20 bytes plus 4 bytes per table cell; the table has between three and six cells
 * per entry of room, so that an entry costs 32 to 44 bytes once the set is full. Room grows with use.
 */
final class LruHashSet {

    /*
     * Entries are numbered from 0; their hash, home and neighbours in the order of use are in four arrays. Entry
     * `size` and above are free: removing an entry moves the last one into its place, so there is no free list. A full set
     * gives the place of the oldest entry to the new one, so that hashes that come together stay neighbours. The
     * table maps a hash to its entry number + 1 by probing in strides that are one more than a group, so that groups which meet
     * pass each other; removal closes the gap by moving later cells of the run forward (Knuth 6.4, algorithm R), so there are
     * no tombstones and the load is what it seems. It is low, because the processor then foresees where most searches end.
     */
    private static final int NONE = -1;

    /** Hashes of a chain whose homes are neighbours. */
    private static final int GROUP = 8;

    private static final int STRIDE = GROUP + 1;
    /** Of the stride, modulo 2^32: turns the distance of two cells into strides. */
    private static final int INVERSE = 0x38e38e39;

    private static final int MIN_ROOM = 64;

    private int capacity;
    private int size;
    private long[] hashes;
    private int[] homes;
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
        homes = new int[room];
        newer = new int[room];
        older = new int[room];
        table = new int[tableSize(room)];
    }

    private static int tableSize(int room) {
        return Integer.highestOneBit(Math.max(2, 3 * room) - 1) << 1;
    }

    int size() {
        return size;
    }

    int capacity() {
        return capacity;
    }

    /** The home of a hash that belongs to no chain. */
    static int home(long hash) {
        return (int) (hash ^ (hash >>> 32));
    }

    /** The home of the hash at that index of a chain. */
    static int home(long[] chain, int index) {
        int group = home(chain[index & -GROUP]);
        return group & -GROUP | group + index & GROUP - 1;
    }

    boolean contains(long hash, int home) {
        return table[cell(hash, home)] != 0;
    }

    /** Makes {@code hash} the most recently used one; a full set forgets the least recently used one for it. */
    void add(long hash, int home) {
        int cell = cell(hash, home);
        int entry = table[cell] - 1;
        if (entry >= 0) {
            unlink(entry);
            linkNewest(entry);
            return;
        }
        if (size == capacity) {
            entry = oldest;
            unlink(entry);
            int gap = closeGap(cell(hashes[entry], homes[entry]));
            if (strides(home, gap) < strides(home, cell)) {
                cell = gap;
            }
        } else {
            if (size == hashes.length) {
                grow();
                cell = cell(hash, home);
            }
            entry = size++;
        }
        hashes[entry] = hash;
        homes[entry] = home;
        table[cell] = entry + 1;
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

    private int cell(long hash, int home) {
        int mask = table.length - 1;
        int cell = home & mask;
        while (table[cell] != 0 && hashes[table[cell] - 1] != hash) {
            cell = (cell + STRIDE) & mask;
        }
        return cell;
    }

    private void grow() {
        int room = (int) Math.min(capacity, 2L * hashes.length);
        hashes = Arrays.copyOf(hashes, room);
        homes = Arrays.copyOf(homes, room);
        newer = Arrays.copyOf(newer, room);
        older = Arrays.copyOf(older, room);
        table = new int[tableSize(room)];
        for (int entry = 0; entry < size; entry++) {
            table[cell(hashes[entry], homes[entry])] = entry + 1;
        }
    }

    private void remove(int entry) {
        unlink(entry);
        closeGap(cell(hashes[entry], homes[entry]));
        int last = --size;
        if (entry != last) {
            table[cell(hashes[last], homes[last])] = entry + 1;
            hashes[entry] = hashes[last];
            homes[entry] = homes[last];
            relink(last, entry);
        }
    }

    /** Empties a cell, and says which one is empty in the end. */
    private int closeGap(int from) {
        int mask = table.length - 1;
        int gap = from;
        for (int i = (gap + STRIDE) & mask; table[i] != 0; i = (i + STRIDE) & mask) {
            if (strides(homes[table[i] - 1], i) >= strides(gap, i)) {
                table[gap] = table[i];
                gap = i;
            }
        }
        table[gap] = 0;
        return gap;
    }

    /** From one cell to another. */
    private int strides(int from, int to) {
        return (to - from) * INVERSE & table.length - 1;
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
