package io.llmd.scheduler.datalayer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
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

    @Test
    void theIntervalOfASourceIsRoundedToAMultipleOfTheCommonOne() {
        assertThat(interval(Duration.ofMillis(120))).hasMillis(100);
        assertThat(interval(Duration.ofMillis(130))).hasMillis(150);
        assertThat(interval(Duration.ofMillis(1))).hasMillis(50);
        assertThat(interval(null)).hasMillis(50);
    }

    @Test
    void aSourceMayBeSlowerThanAnIdlePool() {
        ScrapeSettings slow = ScrapeSettings.DEFAULTS.with(source(Duration.ofSeconds(30)));
        assertThat(slow.idleInterval()).hasSeconds(30);
        assertThat(ScrapeSettings.DEFAULTS.with(source(null)).idleInterval()).hasSeconds(1);
    }

    private static Duration interval(Duration own) {
        return ScrapeSettings.DEFAULTS.with(source(own)).interval();
    }

    private static PageSource.Settings source(Duration interval) {
        return new PageSource.Settings(null, null, interval, PageSource.Pace.LOAD, 0, null);
    }
}
