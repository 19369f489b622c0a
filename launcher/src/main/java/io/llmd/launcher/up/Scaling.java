package io.llmd.launcher.up;

import io.llmd.launcher.home.SuitePorts;
import io.llmd.launcher.terminal.CommandFailure;
import java.time.Duration;

/**
 * How the endpoints of a trial come and go.
 *
 * @param most most endpoints at a time
 * @param coldStart time between asking for an endpoint and its process, as if weights were loaded
 */
record Scaling(int most, Duration coldStart) {

    private static final Duration LONGEST_START = Duration.ofMinutes(10);

    Scaling {
        if (most < 1 || most > SuitePorts.MAX_ENDPOINTS) {
            throw CommandFailure.usage("--max-pods: " + most + " (expected: 1 to " + SuitePorts.MAX_ENDPOINTS + ")");
        }
        if (coldStart.isNegative() || coldStart.isZero() || coldStart.compareTo(LONGEST_START) > 0) {
            throw CommandFailure.usage("--cold-start: " + coldStart + " (expected: more than 0, at most 10m)");
        }
    }
}
