package io.llmd.scheduler.datalayer;

import java.time.Duration;

/**
 * How pages of endpoints are read.
 *
 * @param path path of the page
 * @param interval time between two readings of an endpoint while requests flow
 * @param idleInterval the same while no request has come for {@link #idleAfter}, and the longest interval
 * @param idleAfter when the pool counts as idle
 * @param timeout bound of one reading, connecting included
 * @param maxBytes largest page
 * @param maxScrapesPerSecond bound over all endpoints, for each source; the interval is stretched to keep it
 */
public record ScrapeSettings(
        String path,
        Duration interval,
        Duration idleInterval,
        Duration idleAfter,
        Duration timeout,
        int maxBytes,
        int maxScrapesPerSecond) {

    /** The settings that the configuration leaves as they are. */
    public static final ScrapeSettings DEFAULTS = new ScrapeSettings(
            "/metrics",
            Duration.ofMillis(50),
            Duration.ofSeconds(1),
            Duration.ofSeconds(5),
            Duration.ofSeconds(1),
            2 << 20,
            1000);

    public ScrapeSettings {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("path: " + path + " (expected: to begin with /)");
        }
        requirePositive("interval", interval);
        requirePositive("idleInterval", idleInterval);
        requirePositive("idleAfter", idleAfter);
        requirePositive("timeout", timeout);
        if (idleInterval.compareTo(interval) < 0) {
            throw new IllegalArgumentException(
                    "idleInterval: " + idleInterval + " (expected: at least interval, " + interval + ")");
        }
        if (maxBytes < 1 || maxScrapesPerSecond < 1) {
            throw new IllegalArgumentException(
                    "maxBytes: " + maxBytes + ", maxScrapesPerSecond: " + maxScrapesPerSecond + " (expected: >= 1)");
        }
    }

    private static void requirePositive(String name, Duration value) {
        if (!value.isPositive()) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
        }
    }

    /** These settings for one source, whose own go over them. Its interval is rounded to a multiple of the common one. */
    ScrapeSettings with(PageSource.Settings source) {
        Duration own = source.pace() == PageSource.Pace.SLOW ? idleInterval : interval;
        if (source.interval() != null && source.interval().isPositive()) {
            long ticks = Math.max(1, Math.round((double) source.interval().toNanos() / interval.toNanos()));
            own = interval.multipliedBy(ticks);
        }
        return new ScrapeSettings(
                source.path() == null ? path : source.path(),
                own,
                own.compareTo(idleInterval) > 0 ? own : idleInterval,
                idleAfter,
                timeout,
                source.maxBytes() == 0 ? maxBytes : source.maxBytes(),
                maxScrapesPerSecond);
    }

    /**
     * Time until the next reading, without jitter.
     *
     * @param endpoints endpoints in the pool
     * @param failures readings of this endpoint that have failed in a row
     * @param isIdle whether no request has come for a while
     */
    long delayNanos(int endpoints, int failures, boolean isIdle) {
        long longest = idleInterval.toNanos();
        if (isIdle) {
            return longest;
        }
        long shared = endpoints * 1_000_000_000L / maxScrapesPerSecond;
        long delay = Math.max(interval.toNanos(), shared);
        for (int i = 0; i < failures && delay < longest; i++) {
            delay *= 2;
        }
        return Math.min(delay, longest);
    }
}
