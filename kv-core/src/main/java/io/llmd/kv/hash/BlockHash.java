package io.llmd.kv.hash;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;

/** The identity of one block: a digest of 8 bytes or more. Immutable; equal when the bytes are. */
public final class BlockHash {

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final byte[] digest;

    private BlockHash(byte[] digest) {
        this.digest = digest;
    }

    /**
     * Copies a digest.
     *
     * @throws IllegalArgumentException when it has fewer than 8 bytes
     */
    public static BlockHash of(byte[] digest, int from, int count) {
        if (count < Long.BYTES) {
            throw new IllegalArgumentException("digest bytes: " + count + " (expected: >= " + Long.BYTES + ")");
        }
        return new BlockHash(Arrays.copyOfRange(digest, from, from + count));
    }

    /** A hash of which only the 64-bit id is known. */
    public static BlockHash ofId(long id) {
        byte[] digest = new byte[Long.BYTES];
        putId(id, digest, 0);
        return new BlockHash(digest);
    }

    /** The 64-bit id of a digest: its last 8 bytes, big endian; a raw bit pattern, unsigned on the wire. */
    public static long id(byte[] digest, int from, int count) {
        return (long) LONG.get(digest, from + count - Long.BYTES);
    }

    static void putId(long id, byte[] target, int at) {
        LONG.set(target, at, id);
    }

    public long id() {
        return id(digest, 0, digest.length);
    }

    /** A copy of the digest. */
    public byte[] digest() {
        return digest.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BlockHash that && Arrays.equals(digest, that.digest);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(id());
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(digest);
    }
}
