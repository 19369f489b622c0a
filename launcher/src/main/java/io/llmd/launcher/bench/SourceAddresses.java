package io.llmd.launcher.bench;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * Loopback addresses from which connections come in turn: one address has some 28,000 ports, and as many connections as a
 * server grants it. Not thread-safe.
 */
final class SourceAddresses {

    /** The address that the system chooses. */
    static final SourceAddresses USUAL = new SourceAddresses(0);

    private static final int FIRST = 2;
    private static final int MAX = 250;

    private final int count;
    private int turn;

    /** @param count addresses from 127.0.0.2 on; 0 for the usual one */
    SourceAddresses(int count) {
        if (count < 0 || count > MAX) {
            throw new IllegalArgumentException("addresses: " + count + " (expected: 0 to " + MAX + ")");
        }
        this.count = count;
    }

    /** Where the next connection comes from, at any port; null for the usual address. */
    @Nullable
    InetSocketAddress next() {
        if (count == 0) {
            return null;
        }
        turn = (turn + 1) % count;
        try {
            return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) (FIRST + turn)}), 0);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four bytes are an address", e);
        }
    }
}
