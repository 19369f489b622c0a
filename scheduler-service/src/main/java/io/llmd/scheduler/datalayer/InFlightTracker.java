package io.llmd.scheduler.datalayer;

import io.llmd.scheduler.scheduling.EndpointMetadata;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Requests and tokens that this scheduler has placed on each endpoint of the pool, and on top of them those that other
 * schedulers of the pool said they placed. Safe from any thread, never blocks.
 *
 * <p>Each placement remembers the counter object that it raised and gives back exactly what it took, once, whatever
 * reports come, how often and in which order. When an endpoint goes, its counter goes with it: what was placed there
 * falls back on an object that nobody reads, and an endpoint that comes back under the same id starts at zero.
 *
 * <p>Grows with the attempts in flight, whose number the leases bound, and with the endpoints of the pool.
 */
public final class InFlightTracker implements EndpointListener {

    /**
     * One endpoint of an attempt.
     *
     * @param endpointId the endpoint
     * @param tokens tokens to charge
     * @param whenStarted what the beginning of the answer gives back
     */
    public record Placement(String endpointId, long tokens, Release whenStarted) {
        public Placement {
            if (tokens < 0) {
                throw new IllegalArgumentException("tokens: " + tokens + " (expected: >= 0)");
            }
        }
    }

    /** What the beginning of an answer gives back. */
    public enum Release {
        NOTHING,
        TOKENS,
        ALL
    }

    private static final class Entry {
        private final InFlightCounter counter;
        private final Release whenStarted;
        private final AtomicLong tokens;
        private final AtomicBoolean request = new AtomicBoolean(true);

        private Entry(InFlightCounter counter, Placement placement) {
            this.counter = counter;
            this.whenStarted = placement.whenStarted();
            this.tokens = new AtomicLong(placement.tokens());
        }

        private void release(Release what) {
            if (what == Release.NOTHING) {
                return;
            }
            long charge = tokens.getAndSet(0);
            if (charge > 0) {
                counter.releaseTokens(charge);
            }
            if (what == Release.ALL && request.getAndSet(false)) {
                counter.releaseRequest();
            }
        }
    }

    private final Map<String, InFlightCounter> counters = new ConcurrentHashMap<>();
    private final Map<Long, List<Entry>> attempts = new ConcurrentHashMap<>();
    private volatile Map<String, InFlightLoad> elsewhere = Map.of();

    /** Counts an attempt on its endpoints. A lease that is known already is not counted again. */
    public void place(long leaseId, List<Placement> placements) {
        List<Entry> entries = new ArrayList<>(placements.size());
        for (int i = 0; i < placements.size(); i++) {
            entries.add(new Entry(counter(placements.get(i).endpointId()), placements.get(i)));
        }
        if (attempts.putIfAbsent(leaseId, entries) == null) {
            for (int i = 0; i < entries.size(); i++) {
                entries.get(i).counter.add(placements.get(i).tokens());
            }
        }
    }

    /** Counts loads as this scheduler's own that no report will ever end; of endpoints of the pool. */
    public void assume(Map<String, InFlightLoad> loads) {
        loads.forEach((id, load) -> counter(id).assume(load));
    }

    private InFlightCounter counter(String endpointId) {
        InFlightCounter counter = counters.get(endpointId);
        return counter == null ? new InFlightCounter() : counter;
    }

    /** The answer has begun. Unknown leases are ignored. */
    public void started(long leaseId) {
        List<Entry> entries = attempts.get(leaseId);
        if (entries != null) {
            entries.forEach(entry -> entry.release(entry.whenStarted));
        }
    }

    /** The attempt is over. Unknown leases are ignored. */
    public void ended(long leaseId) {
        List<Entry> entries = attempts.remove(leaseId);
        if (entries != null) {
            entries.forEach(entry -> entry.release(Release.ALL));
        }
    }

    /**
     * Takes what other schedulers have placed, by endpoint id, in place of what they had placed before. An endpoint that
     * is not named has nothing of theirs.
     */
    public synchronized void elsewhere(Map<String, InFlightLoad> loads) {
        elsewhere = Map.copyOf(loads);
        counters.forEach((id, counter) -> counter.elsewhere(loads.getOrDefault(id, InFlightLoad.NONE)));
    }

    /** What this scheduler alone has placed on each endpoint that is not idle. */
    public Map<String, InFlightLoad> own() {
        Map<String, InFlightLoad> loads = new HashMap<>();
        counters.forEach((id, counter) -> {
            InFlightLoad load = counter.own();
            if (!load.equals(InFlightLoad.NONE)) {
                loads.put(id, load);
            }
        });
        return loads;
    }

    /** What this scheduler alone has placed on the endpoint. */
    public InFlightLoad own(String endpointId) {
        InFlightCounter counter = counters.get(endpointId);
        return counter == null ? InFlightLoad.NONE : counter.own();
    }

    /** Requests of all schedulers on the endpoint that have not ended. */
    public long requests(String endpointId) {
        InFlightCounter counter = counters.get(endpointId);
        return counter == null ? 0 : counter.requests();
    }

    /** Tokens that all schedulers charged to the endpoint and did not take back. */
    public long tokens(String endpointId) {
        InFlightCounter counter = counters.get(endpointId);
        return counter == null ? 0 : counter.tokens();
    }

    /** Tokens that other schedulers of the pool alone charged to the endpoint and did not take back. */
    public long foreignTokens(String endpointId) {
        InFlightCounter counter = counters.get(endpointId);
        return counter == null ? 0 : counter.foreignTokens();
    }

    /** Attempts in flight. */
    public int attempts() {
        return attempts.size();
    }

    @Override
    public synchronized void added(EndpointMetadata endpoint) {
        InFlightCounter counter = new InFlightCounter();
        counter.elsewhere(elsewhere.getOrDefault(endpoint.id(), InFlightLoad.NONE));
        counters.put(endpoint.id(), counter);
    }

    @Override
    public void removed(EndpointMetadata endpoint) {
        counters.remove(endpoint.id());
    }
}
