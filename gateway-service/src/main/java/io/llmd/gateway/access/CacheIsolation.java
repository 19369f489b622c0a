package io.llmd.gateway.access;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Keeps clients from finding out what others have asked by the time that an endpoint's prefix cache saves. What a client writes
 * into {@code cache_salt} is replaced by an HMAC of it and of whom it belongs to, under a secret of the gateways. Thread-safe.
 */
public final class CacheIsolation {

    /** Who shares cached blocks. */
    public enum Scope {
        /** All keys of a tenant. */
        TENANT,
        /** Each key has its own. */
        KEY,
        /** Everybody; salts of clients go on as they are. */
        SHARED
    }

    /** Bytes that a secret has at least. */
    public static final int MIN_SECRET = 32;

    private static final String ALGORITHM = "HmacSHA256";

    private final Scope scope;
    private final SecretKeySpec secret;
    private final ConcurrentHashMap<String, String> unsalted = new ConcurrentHashMap<>();

    /** @param secret the same in all gateways of a pool, else they do not share cached blocks */
    public CacheIsolation(Scope scope, byte[] secret) {
        this.scope = Objects.requireNonNull(scope, "scope");
        if (secret.length < MIN_SECRET) {
            throw new IllegalArgumentException(
                    "secret: " + secret.length + " bytes (expected: at least " + MIN_SECRET + ")");
        }
        this.secret = new SecretKeySpec(secret, ALGORITHM);
    }

    /**
     * The salt that a request goes on with.
     *
     * @param given what the client wrote, empty when it wrote nothing
     * @return 43 letters, digits, dashes and underscores; {@code null} to leave the request as it is
     */
    public @Nullable String salt(ApiKey key, String given) {
        return switch (scope) {
            case SHARED -> null;
            case TENANT -> salt("tenant", key.tenant(), given);
            case KEY -> salt("key", key.id(), given);
        };
    }

    private String salt(String kind, String owner, String given) {
        return given.isEmpty()
                ? unsalted.computeIfAbsent(owner, name -> hash(kind, name, ""))
                : hash(kind, owner, given);
    }

    private String hash(String kind, String owner, String given) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(secret);
            // No part holds a zero byte, so that no two requests have the same parts at other places.
            mac.update((kind + '\0' + owner + '\0').getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(mac.doFinal(given.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
