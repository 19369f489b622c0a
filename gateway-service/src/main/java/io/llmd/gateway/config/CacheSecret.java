package io.llmd.gateway.config;

import io.llmd.gateway.access.CacheIsolation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the secret that keeps tenants out of each other's cached blocks. */
final class CacheSecret {

    private static final Logger log = LoggerFactory.getLogger(CacheSecret.class);
    private static final int MAX_BYTES = 4 << 10;

    private CacheSecret() {}

    /** @throws IllegalStateException when the file cannot be read or holds no secret */
    static CacheIsolation isolation(GatewayProperties.Access settings) {
        Path file = settings.cacheSecretFile();
        if (file != null) {
            return new CacheIsolation(settings.isolation(), read(file));
        }
        byte[] secret = new byte[CacheIsolation.MIN_SECRET];
        new SecureRandom().nextBytes(secret);
        if (settings.isolation() != CacheIsolation.Scope.SHARED) {
            log.atWarn()
                    .addKeyValue("setting", "gateway.access.cache-secret-file")
                    .log(
                            "no secret for cached blocks is set, so that other gateways and later starts do not share them");
        }
        return new CacheIsolation(settings.isolation(), secret);
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
