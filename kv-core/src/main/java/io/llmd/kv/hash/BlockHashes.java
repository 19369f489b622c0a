package io.llmd.kv.hash;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * Hashes of consecutive blocks, first block first, with digests of one length in one array. Immutable; equal when length
 * and bytes are.
 */
public final class BlockHashes {

    private final int digestBytes;
    private final byte[] digests;

    private BlockHashes(int digestBytes, byte[] digests) {
        this.digestBytes = digestBytes;
        this.digests = digests;
    }

    /** Hashes of which only the 64-bit ids are known. */
    public static BlockHashes ofIds(long... ids) {
        byte[] digests = new byte[Math.multiplyExact(ids.length, Long.BYTES)];
        for (int i = 0; i < ids.length; i++) {
            BlockHash.putId(ids[i], digests, i * Long.BYTES);
        }
        return new BlockHashes(Long.BYTES, digests);
    }

    /**
     * Copies digests that lie one behind the other.
     *
     * @param digestBytes length of one, at least 8
     * @param digests the array that holds them
     * @param from first byte of the first one
     * @param count number of digests
     */
    public static BlockHashes ofDigests(int digestBytes, byte[] digests, int from, int count) {
        if (digestBytes < Long.BYTES) {
            throw new IllegalArgumentException("digest bytes: " + digestBytes + " (expected: >= " + Long.BYTES + ")");
        }
        int end = Math.addExact(from, Math.multiplyExact(digestBytes, count));
        if (from < 0 || count < 0 || end > digests.length) {
            throw new IllegalArgumentException(
                    "digests: bytes " + from + " to " + end + " (expected: within 0 to " + digests.length + ")");
        }
        return new BlockHashes(digestBytes, Arrays.copyOfRange(digests, from, end));
    }

    public int size() {
        return digests.length / digestBytes;
    }

    public int digestBytes() {
        return digestBytes;
    }

    public long id(int index) {
        return BlockHash.id(digests, offset(index), digestBytes);
    }

    public BlockHash get(int index) {
        return BlockHash.of(digests, offset(index), digestBytes);
    }

    /** Copies one digest to {@code target}. */
    public void copyTo(int index, byte[] target, int at) {
        System.arraycopy(digests, offset(index), target, at, digestBytes);
    }

    private int offset(int index) {
        if (index < 0 || index >= size()) {
            throw new IndexOutOfBoundsException("index: " + index + " (expected: 0 to " + (size() - 1) + ")");
        }
        return index * digestBytes;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BlockHashes that
                && digestBytes == that.digestBytes
                && Arrays.equals(digests, that.digests);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(digests);
    }

    @Override
    public String toString() {
        return size() + " hashes of " + digestBytes + " bytes: "
                + HexFormat.of().formatHex(digests);
    }
}
