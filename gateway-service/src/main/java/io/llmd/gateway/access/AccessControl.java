package io.llmd.gateway.access;

import java.net.InetAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.function.LongSupplier;

/** Checks the authorization header of each request. Thread-safe; the keys can be replaced at any time. */
public final class AccessControl {

    private volatile ApiKeys keys;

    /**
     * @param clock tells whether a key has expired
     * @param nanoTime monotonic time for the failure window, as {@link System#nanoTime}
     */
    public AccessControl(ApiKeys keys, InstantSource clock, LongSupplier nanoTime) {
        this.keys = keys;
    }

    /** Puts other keys in force. */
    public void replaceKeys(ApiKeys newKeys) {
        keys = newKeys;
    }

    /** The keys in force. */
    public ApiKeys keys() {
        return keys;
    }

    /**
     * Decides about one request.
     *
     * @param authorization all values of the header, in order; empty when there is none
     * @param client address of the peer, or of its client where the peer is a trusted proxy
     */
    public Access check(List<String> authorization, InetAddress client) {
        return new Access.Denied(Access.Reason.MISSING);
    }
}
