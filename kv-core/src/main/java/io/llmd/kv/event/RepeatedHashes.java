package io.llmd.kv.event;

import java.util.Arrays;

/** Finds a hash that occurs twice among those of one event. Grows to the largest event, and is not cleared between them. */
final class RepeatedHashes {

    /** From here on, comparing all with all costs more than a table. */
    private static final int MIN_FOR_TABLE = 9;

    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

    /** Places looked at per hash, on average, before hashes count as chosen to collide; then they are sorted instead. */
    private static final int MAX_PROBES_PER_HASH = 8;

    /** Open addressing; a place holds {@code base + index}, and one below {@code base} is free: it is of an older event. */
    private int[] table = new int[64];

    private int base = 1;

    boolean hasRepeated(long[] hashes, int count) {
        return count < MIN_FOR_TABLE ? hasRepeatedAmongFew(hashes, count) : hasRepeatedAmongMany(hashes, count);
    }

    private static boolean hasRepeatedAmongFew(long[] hashes, int count) {
        for (int i = 1; i < count; i++) {
            for (int j = 0; j < i; j++) {
                if (hashes[i] == hashes[j]) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean hasRepeatedAmongMany(long[] hashes, int count) {
        prepare(count);
        int[] places = table;
        int first = base;
        base += count;
        int shift = Long.numberOfLeadingZeros(places.length) + 1;
        int mask = places.length - 1;
        int probes = MAX_PROBES_PER_HASH * count;
        for (int i = 0; i < count; i++) {
            long hash = hashes[i];
            int place = (int) (hash * MULTIPLIER >>> shift);
            while (places[place] >= first) {
                if (hashes[places[place] - first] == hash) {
                    return true;
                }
                if (--probes == 0) {
                    return hasRepeatedWhenSorted(hashes, count);
                }
                place = place + 1 & mask;
            }
            places[place] = first + i;
        }
        return false;
    }

    private void prepare(int count) {
        int places = Integer.highestOneBit(2 * count - 1) << 1;
        if (places > table.length) {
            table = new int[places];
            base = 1;
        } else if (base > Integer.MAX_VALUE - 2 * count) {
            Arrays.fill(table, 0);
            base = 1;
        }
    }

    private static boolean hasRepeatedWhenSorted(long[] hashes, int count) {
        long[] sorted = Arrays.copyOf(hashes, count);
        Arrays.sort(sorted);
        for (int i = 1; i < count; i++) {
            if (sorted[i] == sorted[i - 1]) {
                return true;
            }
        }
        return false;
    }
}
