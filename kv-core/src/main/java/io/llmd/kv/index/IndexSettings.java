package io.llmd.kv.index;

/**
 * Bounds of an index.
 *
 * @param maxBytes memory for blocks and the table that finds them; the blocks stored first are forgotten when it is used up
 */
public record IndexSettings(long maxBytes) {

    /** 2 GiB, some 90 million blocks in one tier. */
    public static final IndexSettings DEFAULT = new IndexSettings(2L << 30);

    private static final long MIN_BYTES = 4L << 20;

    public IndexSettings {
        if (maxBytes < MIN_BYTES) {
            throw new IllegalArgumentException("maxBytes: " + maxBytes + " (expected: >= " + MIN_BYTES + ")");
        }
    }
}
