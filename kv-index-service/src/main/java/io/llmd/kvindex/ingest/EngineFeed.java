package io.llmd.kvindex.ingest;

/** Tells which engines a pool has: all of them, at the start and after each change. */
public interface EngineFeed extends AutoCloseable {

    /** Begins; once. @throws IllegalStateException when what says so cannot be used, and never will without a change */
    void start();

    /** Whether engines were told. */
    boolean isKnown();

    /** Ends; nothing is told any more. */
    @Override
    void close();
}
