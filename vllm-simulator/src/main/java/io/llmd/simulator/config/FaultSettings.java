package io.llmd.simulator.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Faults from the start on.
 *
 * @param failurePercent share of the requests to the model that get an error, 0 to 100
 * @param failureTypes which errors; all if empty
 * @param script a YAML or JSON file with changes of faults by the clock; null for none
 */
public record FaultSettings(
        int failurePercent,
        List<FailureType> failureTypes,
        @Nullable Path script) {
    /** No faults. */
    public static final FaultSettings NONE = new FaultSettings(0, List.of(), null);

    public FaultSettings {
        failureTypes = List.copyOf(failureTypes);
        if (failurePercent < 0 || failurePercent > 100) {
            throw new IllegalArgumentException(
                    "failure-injection-rate: " + failurePercent + " (expected: 0 to 100 percent)");
        }
    }

    /** With another share of requests that get an error. */
    public FaultSettings withFailurePercent(int value) {
        return new FaultSettings(value, failureTypes, script);
    }

    /** With other errors. */
    public FaultSettings withFailureTypes(List<FailureType> value) {
        return new FaultSettings(failurePercent, value, script);
    }

    /** With another script. */
    public FaultSettings withScript(@Nullable Path value) {
        return new FaultSettings(failurePercent, failureTypes, value);
    }
}
