package io.llmd.kv.ingest;

/**
 * How far a lane was followed.
 *
 * @param epoch the publisher's life, as it was counted
 * @param sequence number of the batch that was applied last; -1 when none was in this epoch
 * @param payloadHash of that batch, see {@link #hash}; 0 when there is none
 */
public record FeedPosition(int epoch, long sequence, long payloadHash) {

    /** Nothing was applied. */
    public static final FeedPosition START = new FeedPosition(0, -1, 0);

    public FeedPosition {
        if (sequence < -1) {
            throw new IllegalArgumentException("sequence: " + sequence + " (expected: >= -1)");
        }
    }

    /** What tells a batch from another process's with the same number: XXH64 of its payload. */
    public static long hash(byte[] payload, int from, int to) {
        return RecentDigests.digest(payload, from, to);
    }
}
