package io.llmd.gateway.access;

import java.net.InetAddress;
import java.util.Iterator;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Shuts an address out for a minute once it has presented too many unknown keys within a minute. IPv6 addresses count
 * as their /64 network, as a client has all of it. Thread-safe.
 *
 * @implNote Grows with distinct failing networks up to {@code maxAddresses}; then windows that are over make room, else
 *     any other.
 */
final class FailureThrottle {

    static final int MAX_FAILURES = 20;

    private static final long WINDOW_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final int NETWORK_BYTES = 8;

    /**
     * @param startNanos when the first failure was, or the last one that was let through
     */
    private record Window(long startNanos, int failures) {}

    /** The bytes that tell networks apart, and which family they are of. */
    private record Network(long bytes, int length) {}

    private final ConcurrentHashMap<Network, Window> windows = new ConcurrentHashMap<>();
    private final LongSupplier nanoTime;
    private final int maxAddresses;

    FailureThrottle(LongSupplier nanoTime, int maxAddresses) {
        this.nanoTime = nanoTime;
        this.maxAddresses = maxAddresses;
    }

    boolean isShut(InetAddress client) {
        if (windows.isEmpty()) {
            return false;
        }
        Window window = windows.get(network(client));
        return window != null && window.failures() >= MAX_FAILURES && !isOver(window, nanoTime.getAsLong());
    }

    void recordFailure(InetAddress client) {
        long now = nanoTime.getAsLong();
        Network network = network(client);
        if (!windows.containsKey(network) && windows.size() >= maxAddresses) {
            makeRoom(now);
        }
        windows.merge(network, new Window(now, 1), (known, first) -> next(known, now));
    }

    int size() {
        return windows.size();
    }

    private static Window next(Window known, long now) {
        if (isOver(known, now)) {
            return new Window(now, 1);
        }
        int failures = known.failures() + 1;
        return new Window(failures >= MAX_FAILURES ? now : known.startNanos(), failures);
    }

    private static boolean isOver(Window window, long now) {
        return now - window.startNanos() >= WINDOW_NANOS;
    }

    private void makeRoom(long now) {
        windows.values().removeIf(window -> isOver(window, now));
        Iterator<Network> any = windows.keySet().iterator();
        while (windows.size() >= maxAddresses && any.hasNext()) {
            any.next();
            any.remove();
        }
    }

    private static Network network(InetAddress client) {
        byte[] address = client.getAddress();
        long bytes = 0;
        for (int i = 0; i < Math.min(address.length, NETWORK_BYTES); i++) {
            bytes = bytes << 8 | address[i] & 0xff;
        }
        return new Network(bytes, address.length);
    }
}
