package io.llmd.simulator.config;

import java.time.Duration;

/**
 * What operators may do to a running endpoint, and how it starts.
 *
 * @param developmentMode whether the routes of vLLM's development mode are there
 * @param startup how long the endpoint is not ready after its start
 */
public record ControlSettings(boolean developmentMode, Duration startup) {
    public ControlSettings {
        if (startup.isNegative()) {
            throw new IllegalArgumentException("startup: " + startup + " (expected: >= 0)");
        }
    }
}
