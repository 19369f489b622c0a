package io.llmd.kv.lane;

import io.llmd.kv.event.StorageTier;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The blocks of one engine by the engine's own hash: request key, and for each tier the number of copies, up to 15. Entries
 * have numbers that stay theirs; blocks that come together get numbers in a row, so that a walk in order of numbers mostly
 * goes along prompts. For one thread.
 *
 * <p>Grows with the blocks that the engine holds and those it removed a short time ago: 18 bytes each and 5 to 8 for finding
 * them.
 */
final class EngineBlocks {

    static final int MAX_COPIES = 15;

    private static final long MIX = 0x9E3779B97F4A7C15L;
    private static final int ENTRY_BITS = 26;
    private static final int ENTRY = (1 << ENTRY_BITS) - 1;
    private static final int COUNT_BITS = 4;
    private static final int FIRST_ENTRIES = 1024;
    private static final double MAX_FILL = 0.8;
    private static final double FIRST_FILL = 0.55;

    private long[] hashes = new long[FIRST_ENTRIES];
    private long[] keys = new long[FIRST_ENTRIES];
    private short[] copies = new short[FIRST_ENTRIES];
    private long @Nullable [] parents;
    private int[] free = new int[64];
    private int[] slots;
    private int[] starts = new int[64];
    private int lastFetched;
    private int entries;
    private int freeCount;
    private int held;
    private int copiedIn;

    EngineBlocks() {
        slots = new int[(int) (FIRST_ENTRIES / FIRST_FILL)];
    }

    /** Entries, those without copies included. */
    int size() {
        return entries - freeCount;
    }

    /** Entries with a copy in some tier. */
    int held() {
        return held;
    }

    /** Entries with a copy, once for each tier with one. */
    int heldByTier() {
        return copiedIn;
    }

    /** All entry numbers are below this. */
    int limit() {
        return entries;
    }

    long bytes() {
        return hashes.length * (parents == null ? 18L : 26L) + slots.length * 4L + free.length * 4L;
    }

    long hash(int entry) {
        return hashes[entry];
    }

    long key(int entry) {
        return keys[entry];
    }

    void setKey(int entry, long key) {
        keys[entry] = key;
    }

    /** Whether the entry has a copy in some tier. */
    boolean isHeld(int entry) {
        return copies[entry] != 0;
    }

    int copies(int entry, StorageTier tier) {
        return copies[entry] >>> tier.ordinal() * COUNT_BITS & MAX_COPIES;
    }

    /** @param count in [0, 15] */
    void setCopies(int entry, StorageTier tier, int count) {
        boolean wasHeld = isHeld(entry);
        copiedIn += Math.min(count, 1) - Math.min(copies(entry, tier), 1);
        int shift = tier.ordinal() * COUNT_BITS;
        copies[entry] = (short) (copies[entry] & ~(MAX_COPIES << shift) | count << shift);
        if (wasHeld != isHeld(entry)) {
            held += wasHeld ? -1 : 1;
        }
    }

    /** Whether an entry is that of a hash, which it was once. */
    boolean isOf(int entry, long hash) {
        return hashes[entry] == hash && keys[entry] != 0;
    }

    /** The entry of a hash; -1 without one. */
    int find(long hash) {
        int slot = start(hash);
        int bits = bitsOf(hash);
        for (int place = slots[slot]; place != 0; place = slots[slot]) {
            if ((place ^ bits) >>> ENTRY_BITS == 0 && hashes[(place & ENTRY) - 1] == hash) {
                return (place & ENTRY) - 1;
            }
            slot = next(slot);
        }
        return -1;
    }

    boolean isKnown(long hash) {
        return find(hash) >= 0;
    }

    /** From now on remembers which block comes before each, at 8 bytes an entry. */
    void link() {
        if (parents == null) {
            parents = new long[hashes.length];
        }
    }

    /** Forgets which block comes before each, and remembers it no more. */
    void unlink() {
        parents = null;
    }

    /** Whether it is remembered which block comes before each. */
    boolean isLinked() {
        return parents != null;
    }

    /** Remembers the block before an entry's, if blocks are linked. @param parent hash of that block; 0 for none */
    void setParent(int entry, long parent) {
        if (parents != null) {
            parents[entry] = parent;
        }
    }

    /** Hash of the block before an entry's; 0 when there is none or blocks are not linked. */
    long parent(int entry) {
        return parents == null ? 0 : parents[entry];
    }

    /** The entry of the block before an entry's; -1 when there is none or it is not known. */
    int before(int entry) {
        return parents == null || parents[entry] == 0 ? -1 : find(parents[entry]);
    }

    /**
     * Makes room for so many entries more, and fetches the memory where searches for their hashes begin: the loads do not wait
     * for each other.
     *
     * @param count the first so many hashes are used, of which {@link #findOrAdd} takes one after the other
     */
    void prepare(long[] newHashes, int count) {
        if (size() + count > slots.length * MAX_FILL) {
            rebuild(size() + count);
        }
        if (count > starts.length) {
            starts = new int[Math.max(count, 2 * starts.length)];
        }
        int fetched = 0;
        for (int i = 0; i < count; i++) {
            starts[i] = start(newHashes[i]);
            fetched += slots[starts[i]];
        }
        // Kept, so that the compiler does not leave the loads out.
        lastFetched = fetched;
    }

    /** The entry of a hash, which is added without copies when there is none. @param index of the hash when it was prepared */
    int findOrAdd(int index, long hash, long key) {
        int slot = starts[index];
        int bits = bitsOf(hash);
        for (int place = slots[slot]; place != 0; place = slots[slot]) {
            if ((place ^ bits) >>> ENTRY_BITS == 0 && hashes[(place & ENTRY) - 1] == hash) {
                return (place & ENTRY) - 1;
            }
            slot = next(slot);
        }
        int entry = newEntry(hash, key);
        slots[slot] = entry + 1 | bits;
        return entry;
    }

    /** Adds an entry without copies for a hash that has none. */
    int add(long hash, long key) {
        if (size() >= slots.length * MAX_FILL) {
            rebuild(size() + 1);
        }
        int entry = newEntry(hash, key);
        put(hash, entry);
        return entry;
    }

    private int newEntry(long hash, long key) {
        int entry = freeCount > 0 ? free[--freeCount] : entries++;
        if (entry == hashes.length) {
            int length = hashes.length + (hashes.length >> 2);
            hashes = Arrays.copyOf(hashes, length);
            keys = Arrays.copyOf(keys, length);
            copies = Arrays.copyOf(copies, length);
            parents = parents == null ? null : Arrays.copyOf(parents, length);
        }
        setParent(entry, 0);
        hashes[entry] = hash;
        keys[entry] = key;
        copies[entry] = 0;
        return entry;
    }

    /** Forgets an entry without copies. */
    void remove(int entry) {
        int wanted = entry + 1 | bitsOf(hashes[entry]);
        int slot = start(hashes[entry]);
        while (slots[slot] != wanted) {
            slot = next(slot);
        }
        closeGap(slot);
        keys[entry] = 0;
        if (freeCount == free.length) {
            free = Arrays.copyOf(free, 2 * freeCount);
        }
        free[freeCount++] = entry;
    }

    void clear() {
        Arrays.fill(slots, 0);
        Arrays.fill(copies, 0, entries, (short) 0);
        Arrays.fill(keys, 0, entries, 0);
        entries = 0;
        freeCount = 0;
        held = 0;
        copiedIn = 0;
    }

    private void put(long hash, int entry) {
        int slot = start(hash);
        while (slots[slot] != 0) {
            slot = next(slot);
        }
        slots[slot] = entry + 1 | bitsOf(hash);
    }

    /** Moves later entries of a cluster up, so that no search ends early (Knuth, algorithm 6.4R). */
    private void closeGap(int gap) {
        int hole = gap;
        int slot = next(gap);
        while (slots[slot] != 0) {
            int home = start(hashes[(slots[slot] & ENTRY) - 1]);
            boolean isMovable = hole <= slot ? home <= hole || home > slot : home <= hole && home > slot;
            if (isMovable) {
                slots[hole] = slots[slot];
                hole = slot;
            }
            slot = next(slot);
        }
        slots[hole] = 0;
    }

    private void rebuild(int wanted) {
        int[] old = slots;
        slots = new int[(int) Math.max(wanted / FIRST_FILL, FIRST_ENTRIES)];
        for (int place : old) {
            if (place != 0) {
                int entry = (place & ENTRY) - 1;
                put(hashes[entry], entry);
            }
        }
    }

    /** Six bits that almost always tell another hash apart without a look at it. */
    private static int bitsOf(long hash) {
        return (int) hash << ENTRY_BITS;
    }

    private int start(long hash) {
        return (int) Math.unsignedMultiplyHigh((hash ^ hash >>> 32) * MIX, slots.length);
    }

    private int next(int slot) {
        return slot + 1 == slots.length ? 0 : slot + 1;
    }
}
