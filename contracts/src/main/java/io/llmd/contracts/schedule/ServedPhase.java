package io.llmd.contracts.schedule;

import java.util.Map;
import java.util.Set;

/** A phase of a request, and the values of the label {@code llm-d.ai/role} with which an endpoint serves it. */
public enum ServedPhase {
    /** Media become embeddings. */
    ENCODE("encode", "encode-prefill", "encode-prefill-decode"),
    /** A prompt becomes KV blocks. */
    PREFILL("prefill", "encode-prefill", "prefill-decode", "both", "encode-prefill-decode"),
    /** Tokens are generated. */
    DECODE("decode", "prefill-decode", "both", "encode-prefill-decode");

    /** Label of an endpoint's role. */
    public static final String ROLE_LABEL = "llm-d.ai/role";

    private final Set<String> roles;

    ServedPhase(String... roles) {
        this.roles = Set.of(roles);
    }

    /** Values of the label. */
    public Set<String> roles() {
        return roles;
    }

    /**
     * Whether an endpoint serves the phase.
     *
     * @param labels of the endpoint
     * @param withoutRole the answer for one that has no role
     */
    public boolean isServed(Map<String, String> labels, boolean withoutRole) {
        String role = labels.get(ROLE_LABEL);
        return role == null ? withoutRole : roles.contains(role);
    }
}
