package io.llmd.gateway.edge;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The exchanges that are not over, and whether new ones are welcome. Thread-safe. Bounded by the connections of clients,
 * each of which has one exchange at most.
 */
public final class ActiveExchanges {

    private final Set<Exchange> exchanges = ConcurrentHashMap.newKeySet();
    private volatile boolean draining;

    void add(Exchange exchange) {
        exchanges.add(exchange);
    }

    void remove(Exchange exchange) {
        exchanges.remove(exchange);
    }

    /** Exchanges that are not over. */
    public int count() {
        return exchanges.size();
    }

    /** Whether new requests are refused. */
    public boolean isDraining() {
        return draining;
    }

    /** Refuses new requests from now on. */
    public void drain() {
        draining = true;
    }

    /** Ends what still runs with {@code shutting_down}. */
    public void abort() {
        exchanges.forEach(Exchange::abortForShutdown);
    }

    /** The attempt with this lease has to end for a more important request. O(exchanges); evictions are rare. */
    public void evict(long leaseId) {
        for (Exchange exchange : exchanges) {
            if (exchange.leaseId() == leaseId) {
                exchange.evict(leaseId);
            }
        }
    }

    /** Endpoints have left the pool: whoever waits for a first byte of one of them tries another. */
    public void endpointsLeft(Set<String> remainingIds) {
        exchanges.forEach(exchange -> exchange.endpointsLeft(remainingIds));
    }
}
