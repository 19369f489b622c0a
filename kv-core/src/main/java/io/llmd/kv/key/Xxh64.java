package io.llmd.kv.key;

/** The steps of XXH64 (Yann Collet), for input that is at hand as 64- and 32-bit words in little endian order. */
final class Xxh64 {

    private static final long PRIME_1 = 0x9E3779B185EBCA87L;
    private static final long PRIME_2 = 0xC2B2AE3D27D4EB4FL;
    private static final long PRIME_3 = 0x165667B19E3779F9L;
    private static final long PRIME_4 = 0x85EBCA77C2B2AE63L;
    private static final long PRIME_5 = 0x27D4EB2F165667C5L;

    /** The first two, added without their carry. */
    private static final long PRIME_1_AND_2 = 0x60EA27EEADC0B5D6L;

    private Xxh64() {}

    /** Hash with seed 0 of {@code first} followed by {@code count} tokens of four bytes. */
    static long hash(long first, int[] tokens, int from, int count) {
        int length = Long.BYTES + count * Integer.BYTES;
        int at = from;
        int left = count;
        long hash;
        if (length < 32) {
            hash = PRIME_5 + length;
            hash = word(hash, first);
        } else {
            long a = round(PRIME_1_AND_2, first);
            long b = round(PRIME_2, pair(tokens, at));
            long c = round(0, pair(tokens, at + 2));
            long d = round(-PRIME_1, pair(tokens, at + 4));
            at += 6;
            left -= 6;
            while (left >= 8) {
                a = round(a, pair(tokens, at));
                b = round(b, pair(tokens, at + 2));
                c = round(c, pair(tokens, at + 4));
                d = round(d, pair(tokens, at + 6));
                at += 8;
                left -= 8;
            }
            hash = Long.rotateLeft(a, 1) + Long.rotateLeft(b, 7) + Long.rotateLeft(c, 12) + Long.rotateLeft(d, 18);
            hash = merge(merge(merge(merge(hash, a), b), c), d) + length;
        }
        while (left >= 2) {
            hash = word(hash, pair(tokens, at));
            at += 2;
            left -= 2;
        }
        if (left == 1) {
            hash = Long.rotateLeft(hash ^ Integer.toUnsignedLong(tokens[at]) * PRIME_1, 23) * PRIME_2 + PRIME_3;
        }
        return avalanche(hash);
    }

    /**
     * Hash with seed 0 of {@code first} followed by eight words, which is a block of 16 tokens.
     *
     * @implNote {@code first} is mostly the hash before this one, so that hashes of a chain wait for each other; whatever does
     *     not depend on it stands apart, and the processor does it for the next hashes while it waits
     */
    static long hash(long first, long w1, long w2, long w3, long w4, long w5, long w6, long w7, long w8) {
        long b = round(round(PRIME_2, w1), w5);
        long c = round(round(0, w2), w6);
        long d = round(round(-PRIME_1, w3), w7);
        long sum = Long.rotateLeft(b, 7) + Long.rotateLeft(c, 12) + Long.rotateLeft(d, 18);
        long a = round(round(PRIME_1_AND_2, first), w4);
        long hash = merge(merge(merge(merge(Long.rotateLeft(a, 1) + sum, a), b), c), d) + Long.BYTES * 9;
        return avalanche(word(hash, w8));
    }

    static long pair(int[] tokens, int at) {
        return Integer.toUnsignedLong(tokens[at]) | (long) tokens[at + 1] << 32;
    }

    private static long round(long lane, long word) {
        return Long.rotateLeft(lane + word * PRIME_2, 31) * PRIME_1;
    }

    private static long merge(long hash, long lane) {
        return (hash ^ round(0, lane)) * PRIME_1 + PRIME_4;
    }

    private static long word(long hash, long word) {
        return Long.rotateLeft(hash ^ round(0, word), 27) * PRIME_1 + PRIME_4;
    }

    private static long avalanche(long hash) {
        long h = (hash ^ hash >>> 33) * PRIME_2;
        h = (h ^ h >>> 29) * PRIME_3;
        return h ^ h >>> 32;
    }
}
