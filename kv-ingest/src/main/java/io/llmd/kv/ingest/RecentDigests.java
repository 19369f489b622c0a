package io.llmd.kv.ingest;

import net.openhft.hashing.LongHashFunction;

/** Digests of the payloads that were applied last, by sequence number: tells a repetition from another process's batch. */
final class RecentDigests {

    private static final int PLACES = 256;
    private static final LongHashFunction XXH64 = LongHashFunction.xx();

    private final long[] digests = new long[PLACES];
    private long last = -1;
    private int count;

    static long digest(byte[] payload, int from, int to) {
        return XXH64.hashBytes(payload, from, to - from);
    }

    void add(long sequence, long digest) {
        count = sequence == last + 1 ? Math.min(count + 1, PLACES) : 1;
        last = sequence;
        digests[place(sequence)] = digest;
    }

    /** Whether there is a digest for a batch. */
    boolean knows(long sequence) {
        return sequence <= last && sequence > last - count;
    }

    /** Whether a batch is known to have had this digest. */
    boolean isSame(long sequence, long digest) {
        return knows(sequence) && digests[place(sequence)] == digest;
    }

    /** Digest of the batch that was added last; 0 when there is none. */
    long last() {
        return count == 0 ? 0 : digests[place(last)];
    }

    void clear() {
        last = -1;
        count = 0;
    }

    private static int place(long sequence) {
        return (int) (sequence & PLACES - 1);
    }
}
