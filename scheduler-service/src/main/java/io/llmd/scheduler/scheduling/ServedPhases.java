package io.llmd.scheduler.scheduling;

import io.llmd.contracts.schedule.ServedPhase;

/** Which phases of a request an endpoint serves by the label {@code llm-d.ai/role}. */
public final class ServedPhases {

    private ServedPhases() {}

    /** Whether the endpoint has the label and it includes prefill. */
    public static boolean prefills(Endpoint endpoint) {
        return ServedPhase.PREFILL.isServed(endpoint.metadata().labels(), false);
    }

    /** Whether the endpoint has no label, or it includes decode. */
    public static boolean decodes(Endpoint endpoint) {
        return ServedPhase.DECODE.isServed(endpoint.metadata().labels(), true);
    }

    /** Whether the endpoint has the label. */
    public static boolean hasRole(Endpoint endpoint) {
        return endpoint.metadata().labels().containsKey(ServedPhase.ROLE_LABEL);
    }
}
