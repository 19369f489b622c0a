package io.llmd.scheduler.scheduling;

import io.llmd.contracts.schedule.ServedPhase;

/** Which phases of a request an endpoint serves by the label {@code llm-d.ai/role}. */
public final class ServedPhases {

    private ServedPhases() {}

    /** Whether the endpoint has the label and it includes prefill. */
    public static boolean prefills(Endpoint endpoint) {
        return ServedPhase.PREFILL.isServed(endpoint.metadata().labels(), false);
    }
}
