package io.llmd.kv.ingest.kafka;

import java.time.Duration;

/**
 * When a lane is due for a snapshot: at the begin of a term, then each interval, or when as much changed as makes the last
 * one worthless. The first interval is shortened by the lane's name, so that lanes which began together do not write
 * together. For one thread.
 */
final class SnapshotSchedule {

    /** The usual time between snapshots. */
    static final Duration INTERVAL = Duration.ofSeconds(60);

    /** Time after a snapshot that failed, in nanoseconds. */
    static final long RETRY_NANOS = Duration.ofSeconds(5).toNanos();

    /** Blocks stored and removed that never make a snapshot due. */
    static final long FEW_CHANGES = 50_000;

    private final long intervalNanos;
    private final long firstNanos;
    private boolean isFirst = true;
    private boolean isDue = true;
    private long dueNanos;
    private long changes;

    SnapshotSchedule(Duration interval, String laneId) {
        intervalNanos = interval.toNanos();
        firstNanos = Math.min(intervalNanos, Math.max(RETRY_NANOS, (long) (intervalNanos * share(laneId))));
    }

    /** In [0, 1), evenly spread over names. */
    private static double share(String laneId) {
        int mixed = laneId.hashCode() * 0x9E3779B9;
        return (mixed >>> 8) * 0x1p-24;
    }

    /** So many blocks were stored or removed. */
    void changed(long blocks) {
        changes += blocks;
    }

    boolean isDue(long nowNanos, long blocks) {
        return isDue ? isFirst || nowNanos - dueNanos >= 0 : isOverdue(nowNanos, blocks);
    }

    private boolean isOverdue(long nowNanos, long blocks) {
        return nowNanos - dueNanos >= 0 || changes >= Math.max(FEW_CHANGES, blocks / 2);
    }

    /** A snapshot was cut. */
    void cut(long nowNanos) {
        dueNanos = nowNanos + (isFirst ? firstNanos : intervalNanos);
        isFirst = false;
        isDue = false;
        changes = 0;
    }

    /** The snapshot that was cut did not arrive. */
    void failed(long nowNanos) {
        isDue = true;
        dueNanos = nowNanos + RETRY_NANOS;
    }
}
