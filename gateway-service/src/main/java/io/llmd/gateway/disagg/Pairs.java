package io.llmd.gateway.disagg;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Which prefill and decode endpoints have worked together, and which failed together so often that they are kept apart for
 * a while. Thread-safe. Grows with the pairs of endpoints in use; {@link #retain} lets go of those that left the pool.
 */
final class Pairs {

    private record Pair(String prefill, String decode) {}

    private record State(boolean hasWorked, int failures, long failedNanos) {
        private static final State NEW = new State(false, 0, 0);
    }

    private final int failuresAllowed;
    private final long quarantineNanos;
    private final LongSupplier nanoTime;
    private final ConcurrentHashMap<Pair, State> states = new ConcurrentHashMap<>();

    /**
     * @param failuresAllowed failures in a row from which on a pair is kept apart
     */
    Pairs(int failuresAllowed, Duration quarantine, LongSupplier nanoTime) {
        this.failuresAllowed = failuresAllowed;
        this.quarantineNanos = quarantine.toNanos();
        this.nanoTime = nanoTime;
    }

    /** Whether a pair is kept apart; after the time is over one request may try. */
    boolean isQuarantined(String prefillId, String decodeId) {
        State state = states.getOrDefault(new Pair(prefillId, decodeId), State.NEW);
        return state.failures() >= failuresAllowed && nanoTime.getAsLong() - state.failedNanos() < quarantineNanos;
    }

    /** Whether no handoff between the two has worked yet, so that the next one pays for their first contact. */
    boolean isNew(String prefillId, String decodeId) {
        return !states.getOrDefault(new Pair(prefillId, decodeId), State.NEW).hasWorked();
    }

    void worked(String prefillId, String decodeId) {
        Pair pair = new Pair(prefillId, decodeId);
        State state = states.get(pair);
        if (state == null || !state.hasWorked() || state.failures() > 0) {
            states.put(pair, new State(true, 0, 0));
        }
    }

    void failed(String prefillId, String decodeId) {
        states.compute(
                new Pair(prefillId, decodeId),
                (pair, state) -> new State(
                        state != null && state.hasWorked(),
                        state == null ? 1 : state.failures() + 1,
                        nanoTime.getAsLong()));
    }

    void retain(Set<String> endpointIds) {
        states.keySet().removeIf(pair -> !endpointIds.contains(pair.prefill()) || !endpointIds.contains(pair.decode()));
    }
}
