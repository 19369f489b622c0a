package io.llmd.gateway.access;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.Locale;
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
        return generate(random, tenant, priority, Allowance.UNLIMITED);
    }

    /**
     * The same with limits, of which those that are 0 are left to the gateway's settings.
     *
     * @param allowance what the key may use
     */
    public static NewApiKey generate(SecureRandom random, String tenant, int priority, Allowance allowance) {
        if (!tenant.matches(TENANT)) {
            throw new IllegalArgumentException("tenant: not usable (expected: letters, digits, dot, dash, underscore)");
        }
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        String secret = "sk-" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        String hash = KeyHash.hexOf(secret);
        String id = "key-" + hash.substring(0, ID_DIGITS);
        return new NewApiKey(
                secret, new ApiKey(id, tenant, Set.of(), null, priority, allowance, Allowance.UNLIMITED), hash);
    }

    /** The entry for the list {@code keys} of the key file, in YAML. */
    public String toYaml() {
        return """
                  - id: %s
                    sha256: "%s"
                    tenant: "%s"
                """.formatted(key.id(), sha256, key.tenant())
                + (key.priority() == 0 ? "" : "    priority: " + key.priority() + "\n")
                + limits(key.allowance());
    }

    private static String limits(Allowance allowance) {
        StringBuilder yaml = new StringBuilder();
        limit(yaml, "requests-per-minute", allowance.requestsPerMinute());
        limit(yaml, "tokens-per-minute", allowance.tokensPerMinute());
        limit(yaml, "concurrent", allowance.concurrent());
        if (!yaml.isEmpty()) {
            yaml.insert(0, "    limits:\n");
        }
        Budget budget = allowance.budget();
        if (budget != null) {
            yaml.append("    budget:\n      tokens: ").append(budget.tokens());
            yaml.append("\n      per: ")
                    .append(budget.period().name().toLowerCase(Locale.ROOT))
                    .append('\n');
        }
        return yaml.toString();
    }

    private static void limit(StringBuilder yaml, String name, long value) {
        if (value > 0) {
            yaml.append("      ").append(name).append(": ").append(value).append('\n');
        }
    }

    @Override
    public String toString() {
        return "NewApiKey[secret=***, key=" + key + "]";
    }
}
