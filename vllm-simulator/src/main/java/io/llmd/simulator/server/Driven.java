package io.llmd.simulator.server;

/** Something that the driver's thread moves along the wall clock. */
interface Driven {

    /** For logs. */
    String name();

    /** Does what is due at {@code now}; returns when the next thing is, {@link Long#MAX_VALUE} for never. */
    long advance(long now);

    /** Told on the driver's thread that it threw, and is moved no longer. */
    void fail();
}
