package io.llmd.simulator.engine;

import java.util.Arrays;

/**
 * Blocks by block hash, several under one hash perhaps, in the order of their coming: a hash table whose buckets are
 * lists through the blocks. Not thread-safe.
 *
 * <p>Blocks are looked up, added and removed in runs, one after the other of a prompt. So {@link #home} puts those of a
 * run into neighbouring buckets, which share a cache line.
 */
final class BlockIndex {
    static final int NONE = 0;
    private static final int RUN = 16;

    private final int[] first;
    private final int[] next;
    private final long[] hashes;
    private final int[] homes;

    /** @param blocks numbered from 0, of which 0 is never added */
    BlockIndex(int blocks) {
        first = new int[Integer.highestOneBit(Math.max(RUN, blocks) * 2 - 1) << 1];
        next = new int[blocks];
        hashes = new long[blocks];
        homes = new int[blocks];
    }

    /** Position of the block that begins the run which a block is in. */
    static int runStart(int position) {
        return position & -RUN;
    }

    /**
     * Where a block belongs.
     *
     * @param runHash hash of the block at {@link #runStart}
     * @param position of the block in its sequence
     */
    static int home(long runHash, int position) {
        return (int) (runHash * 0x9E3779B97F4A7C15L >>> 32) & -RUN | position & RUN - 1;
    }

    /** The block that came first of those under a hash with that home, or {@link #NONE}. */
    int get(long hash, int home) {
        int block = first[bucket(home)];
        while (block != NONE && hashes[block] != hash) {
            block = next[block];
        }
        return block;
    }

    long hash(int block) {
        return hashes[block];
    }

    void add(int block, long hash, int home) {
        hashes[block] = hash;
        homes[block] = home;
        next[block] = NONE;
        int bucket = bucket(home);
        if (first[bucket] == NONE) {
            first[bucket] = block;
        } else {
            int last = first[bucket];
            while (next[last] != NONE) {
                last = next[last];
            }
            next[last] = block;
        }
    }

    /** Takes a block out that is in. */
    void remove(int block) {
        int bucket = bucket(homes[block]);
        if (first[bucket] == block) {
            first[bucket] = next[block];
        } else {
            int before = first[bucket];
            while (next[before] != block) {
                before = next[before];
            }
            next[before] = next[block];
        }
    }

    /** Whether a walk from its bucket reaches a block; for tests. */
    boolean reaches(int block) {
        int other = first[bucket(homes[block])];
        while (other != NONE && other != block) {
            other = next[other];
        }
        return other == block;
    }

    void clear() {
        Arrays.fill(first, NONE);
    }

    private int bucket(int home) {
        return home & first.length - 1;
    }
}
