package io.llmd.simulator.engine;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/**
 * Chained block hashes: the last 64 bits of SHA-256 over the parent's hash, the tokens, and what keeps requests apart
 * (adapter name in every block, cache salt in the first). Not thread-safe.
 */
final class BlockHasher {
    private final MessageDigest sha256;
    private final long root;
    private final ByteBuffer input;

    BlockHasher(String hashSeed, int blockTokens) {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is part of every Java platform", e);
        }
        input = ByteBuffer.allocate(Long.BYTES + blockTokens * Integer.BYTES);
        root = low64(sha256.digest(hashSeed.getBytes(StandardCharsets.UTF_8)));
    }

    /** The parent of a first block. */
    long root() {
        return root;
    }

    /** Starts a block; exactly the block's number of {@link #token} calls follow, then {@link #finish}. */
    void begin(long parent) {
        input.clear();
        input.putLong(parent);
    }

    void token(int id) {
        input.putInt(id);
    }

    long finish(@Nullable String adapter, @Nullable String salt) {
        sha256.update(input.flip());
        extra((byte) 1, adapter);
        extra((byte) 2, salt);
        return low64(sha256.digest());
    }

    private void extra(byte kind, @Nullable String value) {
        if (value != null) {
            sha256.update(kind);
            sha256.update(value.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static long low64(byte[] digest) {
        return ByteBuffer.wrap(digest).getLong(digest.length - Long.BYTES);
    }
}
