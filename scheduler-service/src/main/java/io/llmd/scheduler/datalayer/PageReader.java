package io.llmd.scheduler.datalayer;

/** Reads the pages of one endpoint, one after another, while they arrive. Used by one thread; must not block. */
public interface PageReader {

    /** Forgets the page read so far. */
    void reset();

    /** Takes the next bytes of the page, cut anywhere. The array is the caller's and changes after the call. */
    void feed(byte[] bytes, int from, int to);

    /**
     * Ends the page.
     *
     * @param nowNanos reading of the monotonic clock
     */
    Reading finish(long nowNanos);
}
