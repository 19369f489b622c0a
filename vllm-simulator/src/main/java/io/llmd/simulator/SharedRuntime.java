package io.llmd.simulator;

import io.llmd.simulator.server.SimulatorRuntime;
import org.jspecify.annotations.Nullable;

/** The threads of endpoints that bring none; they end with the last of these. */
final class SharedRuntime {
    private static @Nullable SimulatorRuntime runtime;
    private static int users;

    private SharedRuntime() {}

    static synchronized SimulatorRuntime acquire() {
        SimulatorRuntime current = runtime;
        if (current == null) {
            current = new SimulatorRuntime();
            runtime = current;
        }
        users++;
        return current;
    }

    static synchronized void release() {
        users--;
        SimulatorRuntime current = runtime;
        if (users == 0 && current != null) {
            runtime = null;
            current.close();
        }
    }
}
