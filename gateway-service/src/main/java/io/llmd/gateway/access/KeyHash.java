package io.llmd.gateway.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of secrets. */
final class KeyHash {

    static final int HEX_DIGITS = 64;

    private KeyHash() {}

    static byte[] of(String secret) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    static String hexOf(String secret) {
        return HexFormat.of().formatHex(of(secret));
    }

    /** The first eight bytes, to look a hash up by. */
    static long prefix(byte[] hash) {
        long prefix = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            prefix = prefix << 8 | hash[i] & 0xff;
        }
        return prefix;
    }
}
