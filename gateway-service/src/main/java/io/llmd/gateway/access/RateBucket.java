package io.llmd.gateway.access;

/**
 * A token bucket that may be overdrawn by one taking, so that what is larger than the bucket is possible at all. Not
 * thread-safe; the owner's monitor guards it.
 */
final class RateBucket {

    private static final double MINUTE_NANOS = 60e9;

    private final long perMinute;
    private final double perNano;
    private final double capacity;
    private double level;
    private long filledNanos;

    /**
     * @param perMinute what flows in
     * @param burstSeconds the bucket holds what flows in within this time, at least 1
     */
    RateBucket(long perMinute, double burstSeconds, long nowNanos) {
        this.perMinute = perMinute;
        perNano = perMinute / MINUTE_NANOS;
        capacity = Math.max(1, perMinute * burstSeconds / 60);
        level = capacity;
        filledNanos = nowNanos;
    }

    /** A bucket of another rate that is as full as this one was, as far as it can be. */
    RateBucket withRate(long newPerMinute, double burstSeconds, long nowNanos) {
        fill(nowNanos);
        RateBucket next = new RateBucket(newPerMinute, burstSeconds, nowNanos);
        next.level = Math.min(next.level, level);
        return next;
    }

    /** Nanoseconds until so much may be taken; 0 when it may now. */
    long waitNanos(double amount, long nowNanos) {
        fill(nowNanos);
        double missing = Math.min(amount, capacity) - level;
        return missing <= 0 ? 0 : (long) Math.ceil(missing / perNano);
    }

    /** Takes an amount, or gives one back that is negative. */
    void take(double amount, long nowNanos) {
        fill(nowNanos);
        level = Math.min(capacity, level - amount);
    }

    long perMinute() {
        return perMinute;
    }

    /** What may be taken now, in whole units. */
    long remaining() {
        return Math.max(0, (long) level);
    }

    boolean isFull(long nowNanos) {
        fill(nowNanos);
        return level >= capacity;
    }

    /** Nanoseconds until the bucket is full. */
    long fullAfterNanos() {
        return (long) Math.ceil((capacity - level) / perNano);
    }

    private void fill(long nowNanos) {
        long passed = nowNanos - filledNanos;
        if (passed > 0) {
            level = Math.min(capacity, level + passed * perNano);
            filledNanos = nowNanos;
        }
    }
}
