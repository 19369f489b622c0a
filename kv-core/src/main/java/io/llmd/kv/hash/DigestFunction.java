package io.llmd.kv.hash;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import net.openhft.hashing.LongTupleHashFunction;

/** Digests bytes into a caller's array. */
sealed interface DigestFunction {

    static DigestFunction of(BlockHashAlgorithm algorithm) {
        return algorithm.isSha256() ? new Sha256() : new Xxh3();
    }

    void digest(byte[] source, int count, byte[] target, int at);

    /** SHA-256. */
    final class Sha256 implements DigestFunction {

        private static final int DIGEST_BYTES = 32;

        private final MessageDigest sha256;

        Sha256() {
            try {
                sha256 = MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("SHA-256 is part of every Java platform", e);
            }
        }

        @Override
        public void digest(byte[] source, int count, byte[] target, int at) {
            sha256.update(source, 0, count);
            try {
                sha256.digest(target, at, DIGEST_BYTES);
            } catch (DigestException e) {
                throw new IllegalArgumentException(
                        "target: " + (target.length - at) + " bytes (expected: >= " + DIGEST_BYTES + ")", e);
            }
        }
    }

    /** XXH3 with 128 bits, in its canonical form: big endian, high half first. */
    final class Xxh3 implements DigestFunction {

        private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
        private static final LongTupleHashFunction XXH3 = LongTupleHashFunction.xx128();

        private final long[] halves = new long[2];

        @Override
        public void digest(byte[] source, int count, byte[] target, int at) {
            XXH3.hashBytes(source, 0, count, halves);
            LONG.set(target, at, halves[1]);
            LONG.set(target, at + Long.BYTES, halves[0]);
        }
    }
}
