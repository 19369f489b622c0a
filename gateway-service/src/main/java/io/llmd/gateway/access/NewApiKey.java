package io.llmd.gateway.access;

import java.security.SecureRandom;

/**
 * A key that was just made.
 *
 * @param secret what the client sends; shown once, stored nowhere
 * @param key what the gateway knows of it
 * @param sha256 hash of the secret, 64 hex digits
 */
public record NewApiKey(String secret, ApiKey key, String sha256) {

    /** Makes a key with 256 bits of randomness for a tenant. */
    public static NewApiKey generate(SecureRandom random, String tenant) {
        return new NewApiKey("", new ApiKey("", tenant, java.util.Set.of(), null, 0), "");
    }

    /** The entry for the key file, in YAML. */
    public String toYaml() {
        return "";
    }

    @Override
    public String toString() {
        return "NewApiKey[secret=***, key=" + key + "]";
    }
}
