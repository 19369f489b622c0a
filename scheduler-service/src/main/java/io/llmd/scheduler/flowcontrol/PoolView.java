package io.llmd.scheduler.flowcontrol;

import io.llmd.contracts.schedule.ServedPhase;
import io.llmd.scheduler.scheduling.Endpoint;
import java.util.Arrays;
import java.util.Objects;

/**
 * The endpoints of the pool at one time, and those of them that serve a stage. Immutable: one view per generation, so
 * that what is derived from it is computed once.
 */
public final class PoolView {

    private final long generation;
    private final Endpoint[] endpoints;
    private final Endpoint[] prefill;
    private final Endpoint[] decode;

    /**
     * A view.
     *
     * @param generation differs from that of every view with other endpoints or other readings
     * @param endpoints all endpoints; not copied, must not change
     */
    public PoolView(long generation, Endpoint... endpoints) {
        this.generation = generation;
        this.endpoints = Objects.requireNonNull(endpoints, "endpoints");
        this.prefill = serving(ServedPhase.PREFILL);
        this.decode = isAllDecode() ? endpoints : serving(ServedPhase.DECODE);
    }

    private boolean isAllDecode() {
        for (Endpoint endpoint : endpoints) {
            if (endpoint.metadata().labels().containsKey(ServedPhase.ROLE_LABEL)) {
                return false;
            }
        }
        return true;
    }

    private Endpoint[] serving(ServedPhase phase) {
        Endpoint[] found = new Endpoint[endpoints.length];
        int count = 0;
        for (Endpoint endpoint : endpoints) {
            if (phase.isServed(endpoint.metadata().labels(), phase == ServedPhase.DECODE)) {
                found[count++] = endpoint;
            }
        }
        return Arrays.copyOf(found, count);
    }

    /** Tells this view from others. */
    public long generation() {
        return generation;
    }

    /** All endpoints; must not be changed. */
    public Endpoint[] endpoints() {
        return endpoints;
    }

    /** Those that serve the prefill phase, as a role says. Must not be changed. */
    public Endpoint[] prefill() {
        return prefill;
    }

    /** Those that serve the decode phase: by their role, or without any role. Must not be changed. */
    public Endpoint[] decode() {
        return decode;
    }

    /** Whether the pool has no endpoint. */
    public boolean isEmpty() {
        return endpoints.length == 0;
    }
}
