package io.llmd.kv.ingest;

/**
 * Takes what one source published, in order and without repetition. Called by one thread; a call must not block, for other
 * sources wait meanwhile. An exception ends the source's connection, and it begins again by asking for what it missed.
 */
public interface LaneTarget {

    /**
     * A batch in its turn.
     *
     * @param payload holds the batch at {@code from} to {@code to - 1}, during the call only
     * @return the rank that the batch names, to be compared with the one that was dialled; -1 when it names none
     */
    int batch(long sequence, byte[] payload, int from, int to);

    /**
     * The publisher is another process than before: everything of the source's own tiers is gone. Batches begin anew.
     *
     * @param epoch one more than the one before; the first one, of which nobody is told, is 0
     */
    void newEpoch(int epoch);

    /** Batches are lost for good: nothing of the source's own tiers is certain any more. */
    void clear();

    /** The publisher turned out to be the one whose batches were taken before this connection. */
    default void verified() {}

    /** Whether what was taken since the last clear or epoch is all that the source holds, or a part of it. */
    void coverage(boolean isComplete);
}
