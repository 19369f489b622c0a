package io.llmd.kv.index;

import java.util.Arrays;

/**
 * Hands out node numbers in runs, so that the blocks of a prompt lie next to each other. One bit per node says whether it
 * is used; a cursor goes round over the bits and takes the next run that is long enough. Freed neighbours thereby become
 * one run again without further work. For the writer only.
 */
final class NodeSpace {

    /** A new chain of one block gets this much room behind it, which its next blocks will use. */
    private static final int CHAIN_ROOM = 16;

    /** Short runs that are looked at before the longest of them is taken. */
    private static final int MAX_EXAMINED = 16;

    /** The cursor starts over when at most this share is used; more nodes are needed otherwise. */
    private static final double FULL = 0.95;

    private long[] bits = new long[0];
    private int capacity;
    private int cursor;
    private int used;
    private int chainRoom = CHAIN_ROOM;
    private int claimed;

    int capacity() {
        return capacity;
    }

    int used() {
        return used;
    }

    /** Adds free nodes behind the present ones. @param nodes a multiple of 64 */
    void grow(int nodes) {
        cursor = capacity;
        capacity += nodes;
        bits = Arrays.copyOf(bits, capacity >> 6);
        chainRoom = CHAIN_ROOM;
    }

    /** Nodes that the last claim got. */
    int claimed() {
        return claimed;
    }

    /**
     * Takes the nodes right behind a node, as many as are free.
     *
     * @param want at most this many, at least 1
     * @return the first one; -1 when the very next node is not free
     */
    int claimAfter(int node, int want) {
        int first = node + 1;
        if (first >= capacity || isUsed(first)) {
            return -1;
        }
        return claim(first, runLength(first, want));
    }

    /**
     * Takes a run of nodes.
     *
     * @param want at most this many, at least 1; {@link #claimed()} tells how many there were in a row
     * @return the first one; -1 when there are so few left that more should be added
     */
    int claim(int want) {
        int room = want == 1 ? chainRoom : want;
        int enough = Math.min(room, CHAIN_ROOM);
        int best = -1;
        int bestLength = 0;
        boolean startedOver = false;
        for (int examined = 0; examined < MAX_EXAMINED || best < 0; ) {
            int first = nextFree(cursor);
            if (first == capacity) {
                if (startedOver || used > capacity * FULL) {
                    break;
                }
                startedOver = true;
                cursor = 0;
                chainRoom = Math.max(1, chainRoom >> 1);
                continue;
            }
            int length = runLength(first, room);
            cursor = first + length;
            if (length >= enough) {
                return claim(first, Math.min(length, want));
            }
            if (length > bestLength) {
                best = first;
                bestLength = length;
            }
            examined++;
        }
        return best < 0 ? -1 : claim(best, Math.min(bestLength, want));
    }

    /** Gives a node back. */
    void free(int node) {
        bits[node >> 6] &= ~(1L << node);
        used--;
    }

    boolean isUsed(int node) {
        return (bits[node >> 6] >>> node & 1) != 0;
    }

    /** The first used node from {@code node} on; the capacity when there is none. */
    int nextUsed(int node) {
        if (node >= capacity) {
            return capacity;
        }
        int word = node >> 6;
        long found = bits[word] & -1L << node;
        while (found == 0) {
            if (++word == bits.length) {
                return capacity;
            }
            found = bits[word];
        }
        return (word << 6) + Long.numberOfTrailingZeros(found);
    }

    private int nextFree(int node) {
        if (node >= capacity) {
            return capacity;
        }
        int word = node >> 6;
        long found = ~bits[word] & -1L << node;
        while (found == 0) {
            if (++word == bits.length) {
                return capacity;
            }
            found = ~bits[word];
        }
        return (word << 6) + Long.numberOfTrailingZeros(found);
    }

    /** Free nodes in a row from a free one on, counted no further than {@code most}. */
    private int runLength(int first, int most) {
        int end = Math.min(capacity, first + most);
        int word = first >> 6;
        long found = bits[word] & -1L << first;
        while (found == 0) {
            if (++word << 6 >= end) {
                return end - first;
            }
            found = bits[word];
        }
        return Math.min(end, (word << 6) + Long.numberOfTrailingZeros(found)) - first;
    }

    private int claim(int first, int length) {
        for (int at = first, left = length; left > 0; ) {
            int inWord = Math.min(left, 64 - (at & 63));
            bits[at >> 6] |= (inWord == 64 ? -1L : (1L << inWord) - 1) << at;
            at += inWord;
            left -= inWord;
        }
        used += length;
        claimed = length;
        return first;
    }
}
