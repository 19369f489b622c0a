package io.llmd.scheduler.prefix;

import java.util.Arrays;

/**
 * A bounded set of hashes that forgets the least recently used one first. Not thread-safe. All operations O(1) on average.
 *
 * <p>A hash comes with a home, always the same one, where it is looked for first. {@linkplain #home(long[], int) Homes} of the
 * blocks of a chain are neighbours, so that passing over a chain takes few accesses to memory.
 *
 * <p>At most {@code capacity} entries, each 20 bytes plus 8 bytes for two table cells; the tables have between one and a half
 * and three cells per entry of room, so that an entry costs 32 to 44 bytes once the set is full. Room grows with use.
 */
final class LruHashSet {

    /*
     * Entries are numbered from 0; their hash, home and neighbours in the order of use are in four arrays. Entry
     * `size` and above are free: removing an entry moves the last one into its place, so there is no free list. A full set
     * gives the place of the oldest entry to the new one, so that hashes that come together stay neighbours.
     *
     * `near` has at each home the number + 1 of the first entry that came for it, and above that how many others have that home;
     * those are in `table`, which maps a hash to its entry number + 1 by linear probing from a cell of its own, since chains that
     * part within a group have the same homes. Removal closes the gap there by moving later cells of the run forward (Knuth 6.4,
     * algorithm R), so there are no tombstones and the load is what it seems.
     */
    private static final int NONE = -1;

    private static final int MIN_ROOM = 64;
    /** Hashes of a chain whose homes are neighbours. */
    private static final int GROUP = 8;

    private static final int ENTRY_BITS = 21;
    private static final int ENTRY = (1 << ENTRY_BITS) - 1;
    /** A home with so many others keeps that count. */
    private static final int MOST_OTHERS = -1 >>> ENTRY_BITS;

    private int capacity;
    private int size;
    private long[] hashes;
    private int[] homes;
    private int[] newer;
    private int[] older;
    private int[] near;
    private int[] table;
    private int newest = NONE;
    private int oldest = NONE;

    LruHashSet(int capacity) {
        this.capacity = checked(capacity);
        int room = Math.min(capacity, MIN_ROOM);
        hashes = new long[room];
        homes = new int[room];
        newer = new int[room];
        older = new int[room];
        near = new int[tableSize(room)];
        table = new int[near.length];
    }

    private static int checked(int capacity) {
        if (capacity < 1 || capacity >= ENTRY) {
            throw new IllegalArgumentException("capacity: " + capacity + " (expected: 1 to " + (ENTRY - 1) + ")");
        }
        return capacity;
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
        return find(hash, home) != NONE;
    }

    /** Makes {@code hash} the most recently used one; a full set forgets the least recently used one for it. */
    void add(long hash, int home) {
        int entry = find(hash, home);
        if (entry != NONE) {
            unlink(entry);
            linkNewest(entry);
            return;
        }
        if (size == capacity) {
            entry = oldest;
            unlink(entry);
            leave(entry);
        } else {
            if (size == hashes.length) {
                grow();
            }
            entry = size++;
        }
        hashes[entry] = hash;
        homes[entry] = home;
        enter(entry);
        linkNewest(entry);
    }

    /** Changes how many entries are kept, forgetting the least recently used ones when they are too many. */
    void resize(int newCapacity) {
        capacity = checked(newCapacity);
        while (size > capacity) {
            remove(oldest);
        }
    }

    /** Cells that a search for the hash looks at. */
    int cellsSearched(long hash, int home) {
        int mask = table.length - 1;
        return near[home & mask] >>> ENTRY_BITS == 0 ? 1 : 2 + ((cell(hash) - home(hash)) & mask);
    }

    private int find(long hash, int home) {
        int cell = near[home & near.length - 1];
        int entry = (cell & ENTRY) - 1;
        if (entry != NONE && hashes[entry] == hash) {
            return entry;
        }
        return cell >>> ENTRY_BITS == 0 ? NONE : table[cell(hash)] - 1;
    }

    private void enter(int entry) {
        int at = homes[entry] & near.length - 1;
        int cell = near[at];
        if ((cell & ENTRY) == 0) {
            near[at] = cell | entry + 1;
        } else {
            table[cell(hashes[entry])] = entry + 1;
            near[at] = cell + oneOther(cell);
        }
    }

    private void leave(int entry) {
        int at = homes[entry] & near.length - 1;
        int cell = near[at];
        if ((cell & ENTRY) == entry + 1) {
            near[at] = cell & ~ENTRY;
        } else {
            closeGap(cell(hashes[entry]));
            near[at] = cell - oneOther(cell);
        }
    }

    private static int oneOther(int cell) {
        return cell >>> ENTRY_BITS == MOST_OTHERS ? 0 : 1 << ENTRY_BITS;
    }

    private int cell(long hash) {
        int mask = table.length - 1;
        int cell = home(hash) & mask;
        while (table[cell] != 0 && hashes[table[cell] - 1] != hash) {
            cell = (cell + 1) & mask;
        }
        return cell;
    }

    private void grow() {
        int room = (int) Math.min(capacity, 2L * hashes.length);
        hashes = Arrays.copyOf(hashes, room);
        homes = Arrays.copyOf(homes, room);
        newer = Arrays.copyOf(newer, room);
        older = Arrays.copyOf(older, room);
        near = new int[tableSize(room)];
        table = new int[near.length];
        for (int entry = 0; entry < size; entry++) {
            enter(entry);
        }
    }

    private void remove(int entry) {
        unlink(entry);
        leave(entry);
        int last = --size;
        if (entry != last) {
            leave(last);
            hashes[entry] = hashes[last];
            homes[entry] = homes[last];
            enter(entry);
            relink(last, entry);
        }
    }

    private void closeGap(int from) {
        int mask = table.length - 1;
        int gap = from;
        for (int i = (gap + 1) & mask; table[i] != 0; i = (i + 1) & mask) {
            int home = home(hashes[table[i] - 1]) & mask;
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
