package io.llmd.simulator.control;

import io.llmd.simulator.engine.PauseMode;

/** Makes an engine pause. */
final class Pausing {
    private Pausing() {}

    static Engines.Action<PauseMode> of(PauseMode mode) {
        return (engine, now) -> {
            engine.pause(mode, now);
            return mode;
        };
    }
}
