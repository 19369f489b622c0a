package io.llmd.kvindex.query;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which beginnings of prompts are asked for again and again, of those that some endpoint holds. Counts the leading 1, 2, 4, 8
 * and so on blocks of each prompt, as far as they are held, in a table that never grows. Safe from any thread and never waits:
 * a query that comes while another one is being counted is left out.
 *
 * <p>A prefix that is new takes the place of the rarest one of its eight places and goes on with its count, so that a prefix
 * which comes often enough is never missing, and what it may be overstated by is known (Metwally et al., Efficient Computation
 * of Frequent and Top-k Elements in Data Streams). Counts halve every {@value #HALVED_SECONDS} seconds.
 */
final class PopularPrefixes {

    static final int HALVED_SECONDS = 600;

    private static final int WAYS = 8;
    private static final int SETS = 512;
    private static final long MIX = 0x9E3779B97F4A7C15L;

    /** What a longer prefix must have of the count of the one that it begins with, to stand for both. */
    private static final double SAME_SHARE = 0.9;

    /**
     * A beginning of prompts.
     *
     * @param key of its last block
     * @param queries that it was part of lately, at most
     * @param overstatedBy and how many fewer it may have been
     */
    record Popular(long key, int blocks, long queries, long overstatedBy) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final long[] keys = new long[SETS * WAYS];
    private final long[] shorter = new long[SETS * WAYS];
    private final int[] blocks = new int[SETS * WAYS];
    private final long[] queries = new long[SETS * WAYS];
    private final long[] overstated = new long[SETS * WAYS];
    private long halvedNanos;

    /** @param nanos of the same clock as later */
    PopularPrefixes(long nanos) {
        halvedNanos = nanos;
    }

    /**
     * Counts a query.
     *
     * @param prompt keys of its blocks
     * @param held leading ones that some endpoint holds
     */
    void count(long[] prompt, int held, long nanos) {
        if (held == 0 || !lock.tryLock()) {
            return;
        }
        try {
            halve(nanos);
            long before = 0;
            for (int depth = 1; depth > 0 && depth <= held; depth <<= 1) {
                count(prompt[depth - 1], before, depth);
                before = prompt[depth - 1];
            }
        } finally {
            lock.unlock();
        }
    }

    private void count(long key, long before, int depth) {
        int first = (int) Math.unsignedMultiplyHigh(key * MIX, SETS) * WAYS;
        int rarest = first;
        for (int at = first; at < first + WAYS; at++) {
            if (keys[at] == key) {
                queries[at]++;
                return;
            }
            rarest = queries[at] < queries[rarest] ? at : rarest;
        }
        keys[rarest] = key;
        shorter[rarest] = before;
        blocks[rarest] = depth;
        overstated[rarest] = queries[rarest];
        queries[rarest]++;
    }

    private void halve(long nanos) {
        for (; nanos - halvedNanos >= HALVED_SECONDS * 1_000_000_000L; halvedNanos += HALVED_SECONDS * 1_000_000_000L) {
            boolean isEmpty = true;
            for (int at = 0; at < keys.length; at++) {
                queries[at] >>= 1;
                overstated[at] >>= 1;
                isEmpty &= queries[at] == 0;
                keys[at] = queries[at] == 0 ? 0 : keys[at];
            }
            if (isEmpty) {
                halvedNanos = nanos;
                return;
            }
        }
    }

    /**
     * The most popular ones: those that spare the most blocks in all, without those that hardly ever occur but as the beginning
     * of a longer one.
     */
    List<Popular> top(int limit, long nanos) {
        List<Popular> all = new ArrayList<>();
        Map<Long, Long> longer = new HashMap<>();
        lock.lock();
        try {
            halve(nanos);
            for (int at = 0; at < keys.length; at++) {
                if (keys[at] != 0) {
                    all.add(new Popular(keys[at], blocks[at], queries[at], overstated[at]));
                    longer.merge(shorter[at], queries[at] - overstated[at], Math::max);
                }
            }
        } finally {
            lock.unlock();
        }
        return all.stream()
                .filter(each -> longer.getOrDefault(each.key(), 0L) < SAME_SHARE * each.queries())
                .sorted(Comparator.comparingLong(
                                (Popular each) -> (each.queries() - each.overstatedBy()) * each.blocks())
                        .reversed()
                        .thenComparing(Comparator.comparingLong(Popular::key)))
                .limit(limit)
                .toList();
    }
}
