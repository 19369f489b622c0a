package io.llmd.simulator.config;

import org.jspecify.annotations.Nullable;

/** Builds {@link MetricsSettings}; what is not set keeps its default. Not thread-safe. */
public final class MetricsSettingsBuilder {
    private boolean blocks;
    private double blockSample = 0.01;
    private @Nullable VersionPreset alsoOf;
    private @Nullable FakeMetrics fake;

    MetricsSettingsBuilder() {}

    /** Sets whether times of KV blocks are measured. */
    public MetricsSettingsBuilder blocks(boolean value) {
        blocks = value;
        return this;
    }

    /** Sets the share of the KV blocks whose times are measured, in (0, 1]. */
    public MetricsSettingsBuilder blockSample(double value) {
        if (!(value > 0 && value <= 1)) {
            throw new IllegalArgumentException("blockSample: " + value + " (expected: above 0 to 1)");
        }
        blockSample = value;
        return this;
    }

    /** Sets {@link MetricsSettings#alsoOf()}. */
    public MetricsSettingsBuilder alsoOf(VersionPreset value) {
        alsoOf = value;
        return this;
    }

    /** Sets {@link MetricsSettings#fake()}. */
    public MetricsSettingsBuilder fake(FakeMetrics value) {
        fake = value;
        return this;
    }

    MetricsSettings build() {
        return new MetricsSettings(blocks ? blockSample : 0, alsoOf, fake);
    }
}
