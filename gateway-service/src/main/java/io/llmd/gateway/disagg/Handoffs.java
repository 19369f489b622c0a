package io.llmd.gateway.disagg;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Counts, per prefill endpoint, the handoffs that are under way: from the start of a prefill leg until the decode endpoint
 * has the blocks, or until the endpoint's own lease has freed those that nobody will fetch. So the memory that can be
 * stranded is bounded. Thread-safe. Entries without handoffs are removed, so that it grows with those under way.
 */
final class Handoffs {

    /** One handoff under way; given back exactly once, whoever is first. */
    final class Permit {
        private final String endpointId;
        private final long tokens;
        private final AtomicBoolean held = new AtomicBoolean(true);

        private Permit(String endpointId, long tokens) {
            this.endpointId = endpointId;
            this.tokens = tokens;
        }

        /** The blocks are free, or will be at once. */
        void release() {
            if (held.getAndSet(false)) {
                Handoffs.this.tokens.addAndGet(-tokens);
                leave(endpointId);
            }
        }

        boolean isHeld() {
            return held.get();
        }
    }

    private final int most;
    private final ConcurrentHashMap<String, AtomicInteger> counts = new ConcurrentHashMap<>();
    private final AtomicLong tokens = new AtomicLong();

    /**
     * @param most handoffs of one endpoint at a time
     */
    Handoffs(int most) {
        this.most = most;
    }

    /** A place for one more handoff of the endpoint; {@code null} when it has too many. */
    @Nullable
    Permit tryEnter(String endpointId, long promptTokens) {
        AtomicInteger count = counts.compute(endpointId, (id, known) -> {
            AtomicInteger counter = known == null ? new AtomicInteger() : known;
            counter.incrementAndGet();
            return counter;
        });
        if (count.get() > most) {
            leave(endpointId);
            return null;
        }
        tokens.addAndGet(promptTokens);
        return new Permit(endpointId, promptTokens);
    }

    private void leave(String endpointId) {
        counts.computeIfPresent(endpointId, (id, count) -> count.decrementAndGet() == 0 ? null : count);
    }

    int count(String endpointId) {
        AtomicInteger count = counts.get(endpointId);
        return count == null ? 0 : count.get();
    }

    int total() {
        return counts.values().stream().mapToInt(AtomicInteger::get).sum();
    }

    /** Prompt tokens whose blocks prefill endpoints are taken to hold. */
    long tokens() {
        return tokens.get();
    }
}
