package io.llmd.scheduler.datalayer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ScrapeSettingsTest {

    private static final long MILLI = 1_000_000L;

    @Test
    void theIntervalStretchesWithThePoolFailuresAndIdleness() {
        ScrapeSettings settings = ScrapeSettings.DEFAULTS;
        assertThat(settings.delayNanos(10, 0, false)).isEqualTo(50 * MILLI);
        assertThat(settings.delayNanos(100, 0, false)).isEqualTo(100 * MILLI);
        assertThat(settings.delayNanos(5000, 0, false)).isEqualTo(1000 * MILLI);
        assertThat(settings.delayNanos(10, 3, false)).isEqualTo(400 * MILLI);
        assertThat(settings.delayNanos(10, 1000, false)).isEqualTo(1000 * MILLI);
        assertThat(settings.delayNanos(10, 0, true)).isEqualTo(1000 * MILLI);
    }
}
