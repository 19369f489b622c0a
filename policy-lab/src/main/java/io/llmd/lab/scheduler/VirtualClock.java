package io.llmd.lab.scheduler;

import java.time.Instant;
import java.time.InstantSource;

/** The clock of one run, moved by hand. For one thread. */
final class VirtualClock implements InstantSource {

    /** Not 0, which some clocks' readers take for never. */
    private static final long ORIGIN_NANOS = 3_600_000_000_000L;

    private static final Instant ORIGIN = Instant.parse("2026-01-01T00:00:00Z");

    private long nanos;

    /** @param nanos since the start of the run */
    void moveTo(long nanos) {
        this.nanos = nanos;
    }

    /** A monotonic reading. */
    long nanoTime() {
        return ORIGIN_NANOS + nanos;
    }

    @Override
    public Instant instant() {
        return ORIGIN.plusNanos(nanos);
    }
}
