package io.llmd.gateway.edge;

import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Bounds open connections, of all clients and of one address. Thread-safe; grows with the open connections only. */
public final class ConnectionCounts {

    private final int max;
    private final int maxPerAddress;
    private final AtomicInteger open;
    private final ConcurrentHashMap<InetAddress, Integer> perAddress = new ConcurrentHashMap<>();

    /**
     * @param open counts all open connections, shared with the meter
     */
    public ConnectionCounts(int max, int maxPerAddress, AtomicInteger open) {
        this.max = max;
        this.maxPerAddress = maxPerAddress;
        this.open = open;
    }

    /**
     * Counts a connection in, or says that there is no place for it.
     *
     * @param manyClients whether many clients are behind the address, so that the bound for one does not hold
     */
    boolean tryOpen(InetAddress address, boolean manyClients) {
        if (open.incrementAndGet() > max) {
            open.decrementAndGet();
            return false;
        }
        if (perAddress.merge(address, 1, Integer::sum) > maxPerAddress && !manyClients) {
            close(address);
            return false;
        }
        return true;
    }

    /** Counts a connection out. */
    void close(InetAddress address) {
        open.decrementAndGet();
        perAddress.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
    }
}
