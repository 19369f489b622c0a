package io.llmd.simulator.config;

import org.jspecify.annotations.Nullable;

/**
 * What the metrics page tells.
 *
 * @param blockSample share of the KV blocks whose times are measured, in [0, 1]; 0 for none
 * @param alsoOf an older version, whose meters are shown, too; absent for none
 * @param fake metrics that are told instead of the real ones; absent for none
 */
public record MetricsSettings(
        double blockSample,
        @Nullable VersionPreset alsoOf,
        @Nullable FakeMetrics fake) {
    public MetricsSettings {
        if (!(blockSample >= 0 && blockSample <= 1)) {
            throw new IllegalArgumentException("blockSample: " + blockSample + " (expected: 0 to 1)");
        }
    }
}
