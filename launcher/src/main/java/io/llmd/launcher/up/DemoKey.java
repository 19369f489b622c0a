package io.llmd.launcher.up;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

/**
 * The API key of one trial; new at each start.
 *
 * @param secret what clients send
 */
record DemoKey(String secret) {

    private static final int SECRET_BYTES = 24;

    static DemoKey generate(SecureRandom random) {
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        return new DemoKey("sk-demo-" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    /** The gateway's key file with this key; it holds the hash only. */
    String keyFile() {
        return """
                keys:
                  - id: demo
                    sha256: "%s"
                    tenant: demo
                """.formatted(sha256());
    }

    private String sha256() {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "DemoKey[secret=***]";
    }
}
