package io.llmd.gateway.config;

import io.llmd.gateway.access.ApiKeys;
import io.llmd.gateway.access.CacheIsolation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;

/** Finds the secret that keeps tenants out of each other's cached blocks. */
final class CacheSecret {

    private static final int MAX_BYTES = 4 << 10;

    private CacheSecret() {}

    /** @throws IllegalStateException when the file cannot be read or holds no secret */
    static CacheIsolation isolation(GatewayProperties.Access settings, CacheIsolation.Scope scope, ApiKeys keys) {
        Path file = settings.cacheSecretFile();
        if (file != null) {
            return new CacheIsolation(scope, read(file));
        }
        // The same in all gateways with the same key file. Whoever knows it still cannot have the salt of another
        // tenant made, since a salt always holds the name of the tenant that sends it.
        byte[] first = keys.firstHash();
        if (first.length == 0
                && scope != CacheIsolation.Scope.SHARED
                && !settings.jwt().issuer().isEmpty()) {
            // A random one would part the blocks of gateways of one pool, and those before and after a restart.
            throw new IllegalStateException(
                    "gateway.access.cache-secret-file: none (expected: a file with a secret where"
                            + " signed tokens are accepted and no API key is there whose hash could be it)");
        }
        return new CacheIsolation(scope, first.length == 0 ? random() : first);
    }

    private static byte[] random() {
        byte[] secret = new byte[CacheIsolation.MIN_SECRET];
        new SecureRandom().nextBytes(secret);
        return secret;
    }

    private static byte[] read(Path file) {
        try {
            byte[] secret = Files.readAllBytes(file);
            if (secret.length >= CacheIsolation.MIN_SECRET && secret.length <= MAX_BYTES) {
                return secret;
            }
            throw new IllegalStateException("gateway.access.cache-secret-file: " + file + ": " + secret.length
                    + " bytes (expected: " + CacheIsolation.MIN_SECRET + " to " + MAX_BYTES + ")");
        } catch (IOException e) {
            throw new IllegalStateException("gateway.access.cache-secret-file: " + file + ": unreadable", e);
        }
    }
}
