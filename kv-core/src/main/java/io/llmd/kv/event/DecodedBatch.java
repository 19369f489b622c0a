package io.llmd.kv.event;

import java.util.Arrays;

/** What a decoder tells of a batch besides its events. Filled anew for each batch; for the decoder's thread. */
public final class DecodedBatch {

    /** Integers above this are milliseconds, not seconds. */
    private static final double FIRST_MILLISECOND = 1e11;

    private double timestampSeconds;
    private int dataParallelRank;
    private int events;
    private int dropped;
    private boolean isWhole;
    private final int[] drops = new int[KvDropReason.COUNT];

    DecodedBatch() {
        reset();
    }

    /** Seconds since the epoch as the producer says; NaN when it does not. To be shown, never to order batches by. */
    public double timestampSeconds() {
        return timestampSeconds;
    }

    /** Rank of the engine; -1 when the producer does not say. */
    public int dataParallelRank() {
        return dataParallelRank;
    }

    /** Events that were passed on. */
    public int events() {
        return events;
    }

    /** Events that were not, and 1 more when the batch breaks off. */
    public int dropped() {
        return dropped;
    }

    public int dropped(KvDropReason reason) {
        return drops[reason.ordinal()];
    }

    /** Whether all of the batch was read; its events before the break were passed on otherwise. */
    public boolean isWhole() {
        return isWhole;
    }

    void reset() {
        timestampSeconds = Double.NaN;
        dataParallelRank = -1;
        events = 0;
        isWhole = true;
        if (dropped > 0) {
            Arrays.fill(drops, 0);
            dropped = 0;
        }
    }

    void passed() {
        events++;
    }

    void drop(KvDropReason reason) {
        drops[reason.ordinal()]++;
        dropped++;
    }

    void breakOff(KvDropReason reason) {
        isWhole = false;
        drop(reason);
    }

    void seconds(double value) {
        timestampSeconds = value;
    }

    void secondsOrMillis(long value) {
        timestampSeconds = value > FIRST_MILLISECOND ? value / 1000.0 : value;
    }

    void rank(long value) {
        dataParallelRank = value >= 0 && value <= Integer.MAX_VALUE ? (int) value : -1;
    }
}
