package io.llmd.gateway.access;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.Objects;
import java.util.Set;

/**
 * A key that was just made.
 *
 * @param secret what the client sends; shown once, stored nowhere
 * @param key what the gateway knows of it
 * @param sha256 hash of the secret, 64 hex digits
 */
public record NewApiKey(String secret, ApiKey key, String sha256) {

    private static final int SECRET_BYTES = 32;
    private static final int ID_DIGITS = 8;
    private static final String TENANT = "[A-Za-z0-9._-]{1,256}";

    public NewApiKey {
        Objects.requireNonNull(secret, "secret");
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(sha256, "sha256");
    }

    /**
     * Makes a key with 256 bits of randomness for a tenant, good for all models and without an end.
     *
     * @param random may block; not for event loops
     * @param tenant letters, digits, dot, dash, underscore
     * @param priority priority of its requests
     */
    public static NewApiKey generate(SecureRandom random, String tenant, int priority) {
        if (!tenant.matches(TENANT)) {
            throw new IllegalArgumentException("tenant: not usable (expected: letters, digits, dot, dash, underscore)");
        }
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        String secret = "sk-" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        String hash = KeyHash.hexOf(secret);
        String id = "key-" + hash.substring(0, ID_DIGITS);
        return new NewApiKey(secret, new ApiKey(id, tenant, Set.of(), null, priority), hash);
    }

    /** The entry for the list {@code keys} of the key file, in YAML. */
    public String toYaml() {
        return """
                  - id: %s
                    sha256: "%s"
                    tenant: "%s"
                """.formatted(key.id(), sha256, key.tenant())
                + (key.priority() == 0 ? "" : "    priority: " + key.priority() + "\n");
    }

    @Override
    public String toString() {
        return "NewApiKey[secret=***, key=" + key + "]";
    }
}
