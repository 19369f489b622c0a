package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.scheduling.Endpoint;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;

/**
 * The endpoints of the pool at one time, and those of them that serve a stage. Immutable: one view per generation, so
 * that what is derived from it is computed once.
 */
public final class PoolView {

    /** Label that says which phases an endpoint serves. */
    static final String ROLE_LABEL = "llm-d.ai/role";

    private static final Set<String> PREFILL_ROLES = Set.of("prefill", "encode-prefill");
    private static final Set<String> DECODE_ROLES = Set.of("decode");
    private static final Set<String> BOTH_ROLES = Set.of("prefill-decode", "both", "encode-prefill-decode");

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
        this.prefill = withRole(PREFILL_ROLES);
        this.decode = isAllDecode() ? endpoints : withRole(DECODE_ROLES);
    }

    private boolean isAllDecode() {
        for (Endpoint endpoint : endpoints) {
            if (endpoint.metadata().labels().containsKey(ROLE_LABEL)) {
                return false;
            }
        }
        return true;
    }

    private Endpoint[] withRole(Set<String> roles) {
        Endpoint[] found = new Endpoint[endpoints.length];
        int count = 0;
        for (Endpoint endpoint : endpoints) {
            String role = endpoint.metadata().labels().get(ROLE_LABEL);
            boolean isIn = role == null ? roles == DECODE_ROLES : roles.contains(role) || BOTH_ROLES.contains(role);
            if (isIn) {
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
