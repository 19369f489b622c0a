package io.llmd.simulator.engine;

import java.util.Locale;

/** What of an engine is in device memory. */
public enum SleepState {
    /** Everything. */
    AWAKE,
    /** Everything, but nothing runs. */
    IDLE,
    /** Weights are in host memory, cached blocks are lost. */
    WEIGHTS_OFFLOADED,
    /** Nothing is kept. */
    DISCARD_ALL;

    /** The value of the {@code sleep_state} label. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
