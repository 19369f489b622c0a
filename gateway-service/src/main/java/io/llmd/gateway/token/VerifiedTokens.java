package io.llmd.gateway.token;

import com.nimbusds.jose.jwk.JWKSet;
import io.llmd.gateway.access.Access;
import java.time.Instant;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Tokens whose signature was good, so that a client which sends its token with each request has it verified once. A token is
 * known by its SHA-256 alone, and only as long as the provider's keys are those that it was verified with. Thread-safe.
 *
 * @implNote two generations of at most {@code generationSize} tokens: a full one takes the place of the former, whose tokens
 *     are verified again when they come; a token takes about 300 bytes, so that 20,000 take 6 MB
 */
final class VerifiedTokens {

    private record Verified(Access.Granted access, JWKSet keys, Instant end) {}

    private final int generationSize;
    private volatile ConcurrentHashMap<String, Verified> recent = new ConcurrentHashMap<>();
    private volatile ConcurrentHashMap<String, Verified> former = new ConcurrentHashMap<>();

    VerifiedTokens(int generationSize) {
        this.generationSize = generationSize;
    }

    /**
     * What a token allows; {@code null} when it has to be verified.
     *
     * @param hash of the token
     * @param keys those of the provider now
     */
    Access.@Nullable Granted find(String hash, JWKSet keys, Instant now) {
        Verified verified = recent.get(hash);
        if (verified == null) {
            verified = former.get(hash);
        }
        return verified != null && verified.keys() == keys && now.isBefore(verified.end()) ? verified.access() : null;
    }

    /**
     * A token was verified.
     *
     * @param keys those that it was verified with
     * @param end from when on it is good no longer
     */
    void add(String hash, Access.Granted access, JWKSet keys, Instant end) {
        if (recent.size() >= generationSize) {
            turn();
        }
        recent.put(hash, new Verified(access, keys, end));
    }

    private synchronized void turn() {
        if (recent.size() >= generationSize) {
            former = recent;
            recent = new ConcurrentHashMap<>();
        }
    }

    int size() {
        return recent.size() + former.size();
    }
}
