package io.llmd.gateway.access;

import java.net.InetAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;

/** Checks the authorization header of each request. Thread-safe; the keys can be replaced at any time. */
public final class AccessControl {

    private static final String SCHEME = "bearer";
    private static final int MAX_TOKEN = 4 << 10;
    private static final int MAX_ADDRESSES = 10_000;

    private final InstantSource clock;
    private final FailureThrottle throttle;
    private final TokenCheck tokens;
    private volatile ApiKeys keys;

    /**
     * @param clock tells whether a key has expired
     * @param nanoTime monotonic time for the failure window, as {@link System#nanoTime}
     */
    public AccessControl(ApiKeys keys, InstantSource clock, LongSupplier nanoTime) {
        this(keys, TokenCheck.NONE, clock, nanoTime);
    }

    /**
     * @param tokens checks what is no API key
     * @param clock tells whether a key has expired
     * @param nanoTime as above
     */
    public AccessControl(ApiKeys keys, TokenCheck tokens, InstantSource clock, LongSupplier nanoTime) {
        this.tokens = Objects.requireNonNull(tokens, "tokens");
        this.keys = Objects.requireNonNull(keys, "keys");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.throttle = new FailureThrottle(nanoTime, MAX_ADDRESSES);
    }

    /** What is known now of a key that was granted before; that which was known then once the key is gone. */
    public ApiKey current(ApiKey key) {
        return keys.byId(key);
    }

    /** Puts other keys in force. */
    public void replaceKeys(ApiKeys newKeys) {
        keys = Objects.requireNonNull(newKeys, "newKeys");
    }

    /** The keys in force. */
    public ApiKeys keys() {
        return keys;
    }

    /**
     * Decides about one request. An address that has guessed too often is refused before anything is hashed, also with a
     * right key.
     *
     * @param authorization all values of the header, in order; empty when there is none
     * @param client address of the peer, or of its client where the peer is a trusted proxy
     */
    public Access check(List<String> authorization, InetAddress client) {
        if (authorization.size() > 1) {
            return new Access.Denied(Access.Reason.AMBIGUOUS);
        }
        if (authorization.isEmpty()) {
            return new Access.Denied(Access.Reason.MISSING);
        }
        if (throttle.isShut(client)) {
            return new Access.Denied(Access.Reason.THROTTLED);
        }
        String token = tokenOf(authorization.getFirst());
        if (token.length() > MAX_TOKEN) {
            return new Access.Denied(Access.Reason.TOO_LONG);
        }
        if (!isPrintable(token)) {
            return new Access.Denied(Access.Reason.MALFORMED);
        }
        if (tokens.covers(token)) {
            Access access = tokens.check(token);
            if (access instanceof Access.Denied(Access.Reason reason) && reason == Access.Reason.UNKNOWN) {
                throttle.recordFailure(client);
            }
            return access instanceof Access.Granted(ApiKey granted)
                    ? new Access.Granted(keys.withTenant(granted))
                    : access;
        }
        ApiKey key = keys.find(token);
        if (key == null) {
            throttle.recordFailure(client);
            return new Access.Denied(Access.Reason.UNKNOWN);
        }
        if (key.expires() != null && !clock.instant().isBefore(key.expires())) {
            return new Access.Denied(Access.Reason.EXPIRED);
        }
        return new Access.Granted(key);
    }

    /** What follows the scheme; empty when the scheme is another. */
    private static String tokenOf(String header) {
        int length = SCHEME.length();
        if (header.length() <= length
                || !header.regionMatches(true, 0, SCHEME, 0, length)
                || header.charAt(length) != ' ') {
            return "";
        }
        return header.substring(length).strip();
    }

    private static boolean isPrintable(String token) {
        for (int i = 0; i < token.length(); i++) {
            if (token.charAt(i) <= ' ' || token.charAt(i) >= 0x7f) {
                return false;
            }
        }
        return !token.isEmpty();
    }
}
