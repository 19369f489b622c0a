package io.llmd.gateway.edge;

/** Where the process stands on the way of a request, which decides whose headers are believed and what goes on. */
public enum Place {
    /** Before a pool: a scheduler says which endpoint serves a request. */
    POOL,
    /** Beside one model server: an endpoint picker in front says by headers where the other phases are served. */
    SIDECAR,
    /** Before a gateway, to which it sends a request for each phase. */
    COORDINATOR
}
