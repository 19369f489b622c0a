package io.llmd.scheduler.plugin.session;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Makes and checks the tokens that pin a client to an endpoint: the endpoint's id and an HMAC-SHA256 over it, both in
 * base64url, joined by a dot. A client can keep a token and cannot make one, so it cannot choose an endpoint that it
 * was not given. Safe from any thread.
 *
 * <p>Schedulers that share a key accept each other's tokens. With the random key of {@link #withRandomKey()}, tokens
 * end with the process, and a client with an older one is placed anew.
 */
public final class SessionTokenSigner {

    private static final String ALGORITHM = "HmacSHA256";
    private static final int MIN_KEY_BYTES = 32;
    private static final int MAX_TOKEN_CHARS = 1024;

    private final SecretKeySpec key;

    private SessionTokenSigner(byte[] key) {
        this.key = new SecretKeySpec(key, ALGORITHM);
    }

    /** A signer with a key of at least 32 bytes, which is copied. */
    public static SessionTokenSigner withKey(byte[] key) {
        if (key.length < MIN_KEY_BYTES) {
            throw new IllegalArgumentException("key: " + key.length + " bytes (expected: >= " + MIN_KEY_BYTES + ")");
        }
        return new SessionTokenSigner(Arrays.copyOf(key, key.length));
    }

    /** A signer with a key of its own. */
    public static SessionTokenSigner withRandomKey() {
        byte[] key = new byte[MIN_KEY_BYTES];
        new SecureRandom().nextBytes(key);
        return new SessionTokenSigner(key);
    }

    /** The token for an endpoint. */
    String sign(String endpointId) {
        byte[] id = endpointId.getBytes(StandardCharsets.UTF_8);
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        return encoder.encodeToString(id) + "." + encoder.encodeToString(mac(id));
    }

    /** The endpoint's id; null for a token that is malformed or signed by nobody with this key. */
    @Nullable
    String verify(String token) {
        int dot = token.indexOf('.');
        if (dot < 0 || token.length() > MAX_TOKEN_CHARS) {
            return null;
        }
        try {
            byte[] id = Base64.getUrlDecoder().decode(token.substring(0, dot));
            byte[] mac = Base64.getUrlDecoder().decode(token.substring(dot + 1));
            return MessageDigest.isEqual(mac, mac(id)) ? new String(id, StandardCharsets.UTF_8) : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private byte[] mac(byte[] id) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac.doFinal(id);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(ALGORITHM + " is missing", e);
        }
    }
}
