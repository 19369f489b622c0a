package io.llmd.scheduler.scheduling;

import java.util.Set;

/** Which phases of a request an endpoint serves by the label {@code llm-d.ai/role}. */
public final class ServedPhases {

    /** The label. */
    public static final String LABEL = "llm-d.ai/role";

    /** Its values that include prefill. */
    public static final Set<String> PREFILL =
            Set.of("prefill", "encode-prefill", "prefill-decode", "both", "encode-prefill-decode");

    private ServedPhases() {}

    /** Whether the endpoint has the label and it includes prefill. */
    public static boolean prefills(Endpoint endpoint) {
        String role = endpoint.metadata().labels().get(LABEL);
        return role != null && PREFILL.contains(role);
    }
}
