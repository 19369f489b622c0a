package io.llmd.launcher.up;

import io.llmd.launcher.home.SuitePorts;
import io.llmd.launcher.terminal.CommandFailure;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a trial runs.
 *
 * @param ports where everything listens
 * @param endpoints number of simulated endpoints
 * @param model what they serve
 * @param config scheduling configuration, null for that of the trial
 * @param processes whether each part has a process of its own
 * @param slowEndpoint whether the last endpoint takes three times as long as the others
 */
record TrialPlan(
        SuitePorts ports,
        int endpoints,
        String model,
        @Nullable Path config,
        boolean processes,
        boolean slowEndpoint) {
    TrialPlan {
        if (endpoints < 1 || endpoints > SuitePorts.MAX_ENDPOINTS) {
            throw CommandFailure.usage("--pods: " + endpoints + " (expected: 1 to " + SuitePorts.MAX_ENDPOINTS + ")");
        }
        if (model.isBlank() || !model.chars().allMatch(c -> c > ' ' && c < 127 && c != '"' && c != '\\' && c != '\'')) {
            throw CommandFailure.usage("--model: " + model + " (expected: printable ASCII without blanks and quotes)");
        }
        if (slowEndpoint && endpoints < 2) {
            throw CommandFailure.usage("--slow-pod: needs a second endpoint (add --pods 2)");
        }
    }

    /** Factor on all times of an endpoint, counted from 1. */
    double timeScale(int number) {
        return slowEndpoint && number == endpoints ? 3 : 1;
    }
}
