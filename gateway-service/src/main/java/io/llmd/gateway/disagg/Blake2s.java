package io.llmd.gateway.disagg;

import java.nio.charset.StandardCharsets;

/**
 * BLAKE2s with 32 bytes of output and without key (RFC 7693). The JDK has none of the BLAKE2 family; here it spreads
 * request ids over data-parallel ranks in the very way that other orchestrators do, and protects nothing.
 */
final class Blake2s {

    private static final int BLOCK_BYTES = 64;
    private static final int OUTPUT_BYTES = 32;
    private static final int ROUNDS = 10;

    private static final int[] IV = {
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
    };

    /** Order of the message's words in each round. */
    private static final byte[][] SIGMA = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
        {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
        {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
        {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
        {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
        {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
        {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
        {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
        {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
        {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}
    };

    private final int[] state = IV.clone();
    private final int[] work = new int[16];
    private final int[] words = new int[16];

    private Blake2s() {
        state[0] ^= 0x01010000 | OUTPUT_BYTES;
    }

    /** The hash of some bytes. */
    static byte[] hash(byte[] bytes) {
        Blake2s hash = new Blake2s();
        int last = bytes.length == 0 ? 0 : (bytes.length - 1) / BLOCK_BYTES * BLOCK_BYTES;
        for (int at = 0; at < last; at += BLOCK_BYTES) {
            hash.compress(bytes, at, at + BLOCK_BYTES, false);
        }
        hash.compress(bytes, last, bytes.length, true);
        byte[] output = new byte[OUTPUT_BYTES];
        for (int i = 0; i < OUTPUT_BYTES; i++) {
            output[i] = (byte) (hash.state[i / 4] >>> 8 * (i % 4));
        }
        return output;
    }

    /** A number in {@code [0, bound)} that depends on a text alone: its first eight bytes of hash, big end first. */
    static int spread(String text, int bound) {
        byte[] hash = hash(text.getBytes(StandardCharsets.UTF_8));
        long first = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            first = first << 8 | hash[i] & 0xff;
        }
        return (int) Long.remainderUnsigned(first, bound);
    }

    private void compress(byte[] bytes, int from, int to, boolean isLast) {
        for (int i = 0; i < words.length; i++) {
            words[i] = word(bytes, from + 4 * i, to);
        }
        System.arraycopy(state, 0, work, 0, 8);
        System.arraycopy(IV, 0, work, 8, 8);
        work[12] ^= to;
        work[14] ^= isLast ? -1 : 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] order = SIGMA[round];
            for (int i = 0; i < 4; i++) {
                mix(i, 4 + i, 8 + i, 12 + i, words[order[2 * i]], words[order[2 * i + 1]]);
            }
            for (int i = 0; i < 4; i++) {
                mix(
                        i,
                        4 + (i + 1) % 4,
                        8 + (i + 2) % 4,
                        12 + (i + 3) % 4,
                        words[order[8 + 2 * i]],
                        words[order[9 + 2 * i]]);
            }
        }
        for (int i = 0; i < 8; i++) {
            state[i] ^= work[i] ^ work[i + 8];
        }
    }

    /** Four bytes, little end first; zeros behind the end. */
    private static int word(byte[] bytes, int at, int end) {
        int word = 0;
        for (int i = 0; i < 4 && at + i < end; i++) {
            word |= (bytes[at + i] & 0xff) << 8 * i;
        }
        return word;
    }

    private void mix(int a, int b, int c, int d, int x, int y) {
        work[a] += work[b] + x;
        work[d] = Integer.rotateRight(work[d] ^ work[a], 16);
        work[c] += work[d];
        work[b] = Integer.rotateRight(work[b] ^ work[c], 12);
        work[a] += work[b] + y;
        work[d] = Integer.rotateRight(work[d] ^ work[a], 8);
        work[c] += work[d];
        work[b] = Integer.rotateRight(work[b] ^ work[c], 7);
    }
}
