package io.llmd.scheduler.tokenizer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The first 128 bits of SHA-256, so that nobody can make one text look like another. */
record Digest(long high, long low) {

    static Digest of(String text) {
        return of("", text.getBytes(StandardCharsets.UTF_8));
    }

    /** Digest of bytes of one kind; a kind contains no zero character. */
    static Digest of(String kind, byte[] bytes) {
        MessageDigest sha = sha256();
        sha.update(kind.getBytes(StandardCharsets.UTF_8));
        sha.update((byte) 0);
        ByteBuffer digest = ByteBuffer.wrap(sha.digest(bytes));
        return new Digest(digest.getLong(), digest.getLong());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is missing", e);
        }
    }
}
