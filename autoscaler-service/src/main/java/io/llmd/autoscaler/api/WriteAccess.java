package io.llmd.autoscaler.api;

import io.llmd.contracts.error.ErrorCode;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/**
 * Who may change what is decided, and ask questions that have to be computed: whoever has the key, or without one whoever is on
 * this machine, where the server listens to nobody else. Reading is for all that reach the port. Immutable and safe from any thread.
 */
public final class WriteAccess {

    private static final int LEAST_CHARACTERS = 16;
    private static final int MOST_BYTES = 4_096;
    private static final String SCHEME = "bearer ";

    private final byte @Nullable [] digest;
    private final boolean isLocal;

    private WriteAccess(byte @Nullable [] digest, boolean isLocal) {
        this.digest = digest;
        this.isLocal = isLocal;
    }

    /**
     * Access with the key in a file, of at least 16 characters; without a file, from this machine alone.
     *
     * @param isLocal whether the server listens on loopback alone; where it does not, nobody has access without a key, since a proxy
     *     on this machine would make everybody look as if they were
     * @throws IOException when the file cannot be used
     */
    public static WriteAccess of(@Nullable Path keyFile, boolean isLocal) throws IOException {
        if (keyFile == null) {
            return new WriteAccess(null, isLocal);
        }
        byte[] bytes;
        try (var in = Files.newInputStream(keyFile)) {
            bytes = in.readNBytes(MOST_BYTES);
        }
        String key = new String(bytes, StandardCharsets.UTF_8).strip();
        if (key.length() < LEAST_CHARACTERS) {
            throw new IOException(keyFile + ": a key of " + key.length() + " characters (expected: at least "
                    + LEAST_CHARACTERS + ")");
        }
        return new WriteAccess(sha256(key), isLocal);
    }

    /** Access with a key. */
    static WriteAccess withKey(String key) {
        return new WriteAccess(sha256(key), false);
    }

    /**
     * Why a request is refused; null when it is not.
     *
     * @param authorization its header
     * @param peer who has sent it; null when that is not known, and then it is not this machine
     */
    @Nullable
    ErrorCode refusal(@Nullable String authorization, @Nullable InetAddress peer) {
        byte[] expected = digest;
        if (expected == null) {
            return isLocal && peer != null && peer.isLoopbackAddress() ? null : ErrorCode.PERMISSION_DENIED;
        }
        boolean isBearer = authorization != null
                && authorization.length() <= MOST_BYTES
                && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
        String given = isBearer && authorization != null
                ? authorization.substring(SCHEME.length()).strip()
                : "";
        // Digests are compared, so that the time tells neither length nor leading characters.
        return MessageDigest.isEqual(expected, sha256(given)) ? null : ErrorCode.INVALID_API_KEY;
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "WriteAccess[key=" + (digest == null ? "none" : "***") + "]";
    }
}
