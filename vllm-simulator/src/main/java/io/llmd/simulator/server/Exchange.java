package io.llmd.simulator.server;

/** A request that has its connection for itself. Belongs to the connection's event loop. */
interface Exchange {

    /** The connection takes bytes again. */
    void writable();

    /** The client left, or the endpoint closes. */
    void abandon();
}
