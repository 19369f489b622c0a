package io.llmd.simulator.server;

import io.llmd.simulator.config.VersionPreset;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The API keys; compared as digests, so that a comparison takes as long for every wrong key. Thread-safe. */
final class AccessKeys {
    private static final List<String> GUARDED = List.of("/v1", "/v2", "/inference", "/cohere");
    private static final List<String> GUARDED_BEFORE_30 = List.of("/v1");

    private final List<byte[]> digests;
    private final List<String> guarded;

    AccessKeys(List<String> keys, VersionPreset preset) {
        guarded = preset.isAtLeast(30) ? GUARDED : GUARDED_BEFORE_30;
        digests = keys.stream().map(AccessKeys::digest).toList();
    }

    /** @param authorization value of the header */
    boolean allows(String method, String path, @Nullable String authorization) {
        if (digests.isEmpty() || method.equals("OPTIONS") || guarded.stream().noneMatch(path::startsWith)) {
            return true;
        }
        return authorization != null && isKnown(authorization);
    }

    private boolean isKnown(String authorization) {
        int space = authorization.indexOf(' ');
        if (space < 0 || !authorization.substring(0, space).equalsIgnoreCase("bearer")) {
            return false;
        }
        byte[] given = digest(authorization.substring(space + 1));
        boolean known = false;
        for (byte[] digest : digests) {
            known |= MessageDigest.isEqual(digest, given);
        }
        return known;
    }

    private static byte[] digest(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
