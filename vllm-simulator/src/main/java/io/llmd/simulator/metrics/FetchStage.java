package io.llmd.simulator.metrics;

import java.util.Locale;

/** How far a waiting request is with blocks from another engine. */
public enum FetchStage {
    /** It needs them, and its turn has not come. */
    WAITING_TO_START,
    /** They are being read. */
    IN_PROGRESS,
    /** They are here, and the request does not run yet. */
    COMPLETED_WAITING;

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
