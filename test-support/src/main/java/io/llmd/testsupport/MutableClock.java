package io.llmd.testsupport;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that moves only when told to, for wall time and for monotonic nanoseconds alike. Thread-safe. */
public final class MutableClock extends Clock {

    private final Instant start;
    private final AtomicLong elapsedNanos = new AtomicLong();

    /** Starts at the first second of 2026. */
    public MutableClock() {
        this(Instant.parse("2026-01-01T00:00:00Z"));
    }

    /**
     * @param start first instant that the clock shows
     */
    public MutableClock(Instant start) {
        this.start = start;
    }

    @Override
    public Instant instant() {
        return start.plusNanos(elapsedNanos.get());
    }

    /** Monotonic reading, to be passed as {@code LongSupplier} in place of {@link System#nanoTime()}. */
    public long nanos() {
        return elapsedNanos.get();
    }

    /** Moves the clock forward; a negative duration moves the wall time back. */
    public void advance(Duration duration) {
        elapsedNanos.addAndGet(duration.toNanos());
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return Clock.fixed(instant(), zone);
    }
}
