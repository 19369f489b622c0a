package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.ServedPhases;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Predicate;

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
        this.prefill = which(ServedPhases::prefills);
        this.decode = isAllDecode() ? endpoints : which(ServedPhases::decodes);
    }

    private boolean isAllDecode() {
        for (Endpoint endpoint : endpoints) {
            if (ServedPhases.hasRole(endpoint)) {
                return false;
            }
        }
        return true;
    }

    private Endpoint[] which(Predicate<Endpoint> serves) {
        Endpoint[] found = new Endpoint[endpoints.length];
        int count = 0;
        for (Endpoint endpoint : endpoints) {
            if (serves.test(endpoint)) {
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
