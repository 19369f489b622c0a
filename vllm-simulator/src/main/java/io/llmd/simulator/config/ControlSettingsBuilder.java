package io.llmd.simulator.config;

import java.time.Duration;

/** Builds {@link ControlSettings}; what is not set keeps its default. Not thread-safe. */
public final class ControlSettingsBuilder {
    private boolean developmentMode;
    private Duration startup = Duration.ZERO;

    ControlSettingsBuilder() {}

    /** Sets {@link ControlSettings#developmentMode()}. */
    public ControlSettingsBuilder developmentMode(boolean value) {
        developmentMode = value;
        return this;
    }

    /** Sets {@link ControlSettings#startup()}. */
    public ControlSettingsBuilder startup(Duration value) {
        startup = value;
        return this;
    }

    ControlSettings build() {
        return new ControlSettings(developmentMode, startup);
    }
}
