package io.llmd.kv.ingest.kafka;

import java.util.concurrent.TimeUnit;

/**
 * How well a replica knows a lane. Owners send a record each second at least, so silence is a sign.
 *
 * @param term of the owner that is followed; 0 before the first
 * @param heardNanos when the newest record was taken, on the replica's monotonic clock
 * @param lagMillis how old that record was when it was taken, by its writer's clock
 * @param isStale whether records are missing; a snapshot will tell
 * @param isPartial whether only a part of what the endpoint holds is known
 * @param isWaiting whether a new owner's snapshot is waited for
 */
public record LaneStatus(
        LaneDescription lane,
        int term,
        long heardNanos,
        long lagMillis,
        boolean isStale,
        boolean isPartial,
        boolean isWaiting) {

    /** Silence after which someone should look, in nanoseconds. */
    public static final long ALARM_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Silence from which on a match counts half, in nanoseconds. */
    public static final long HALF_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** Silence from which on nothing is known, in nanoseconds. */
    public static final long UNKNOWN_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** How long nothing was heard, in nanoseconds; at least the lag of the last record. */
    public long stalenessNanos(long nowNanos) {
        return Math.max(0, nowNanos - heardNanos) + TimeUnit.MILLISECONDS.toNanos(lagMillis);
    }

    /** What a match in this lane is worth: 1, a half or 0. */
    public double weight(long nowNanos) {
        long staleness = stalenessNanos(nowNanos);
        if (staleness >= UNKNOWN_NANOS) {
            return 0;
        }
        return staleness >= HALF_NANOS ? 0.5 : 1;
    }
}
