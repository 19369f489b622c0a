package io.llmd.scheduler.datalayer;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of each endpoint of the pool. Grows with the pool, up to a bound beyond which what is learnt of new
 * endpoints is lost. A decision that is under way while its endpoint goes does not bring the memory of it back. Thread-safe.
 *
 * @param <T> what is remembered
 */
public final class PerEndpoint<T> implements EndpointMemories.Memory {

    private static final int MAX_ENDPOINTS = 10_000;

    private final Map<String, T> known = new ConcurrentHashMap<>();
    private final Predicate<String> isInPool;
    private final Supplier<T> unknown;

    /**
     * Nothing is known yet.
     *
     * @param isInPool whether an endpoint of an id is there; it stops to be before {@link #forget} is called
     * @param unknown makes what is known of an endpoint that nothing was heard of
     */
    public PerEndpoint(Predicate<String> isInPool, Supplier<T> unknown) {
        this.isInPool = isInPool;
        this.unknown = unknown;
    }

    /** What is known of an endpoint, null when that is nothing. */
    public @Nullable T find(String endpointId) {
        return known.get(endpointId);
    }

    /** What is known of an endpoint; remembered from now on if the endpoint is in the pool. */
    public T of(String endpointId) {
        T there = known.get(endpointId);
        if (there != null) {
            return there;
        }
        if (known.size() >= MAX_ENDPOINTS) {
            return unknown.get();
        }
        T made = known.computeIfAbsent(endpointId, any -> unknown.get());
        if (!isInPool.test(endpointId)) {
            known.remove(endpointId, made);
        }
        return made;
    }

    /** Endpoints that something is known of. */
    public int size() {
        return known.size();
    }

    @Override
    public void forget(String endpointId) {
        known.remove(endpointId);
    }
}
