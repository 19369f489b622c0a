package io.llmd.gateway.observe;

import io.netty.handler.codec.http.HttpHeaders;

/** Begins to trace requests. Safe from any thread. */
@FunctionalInterface
public interface RequestTraces {

    /** Traces nothing. */
    RequestTraces OFF = (path, requestId, headers) -> RequestTrace.NONE;

    /**
     * A request has come.
     *
     * @param path of its route
     * @param headers of the client, cleaned; may hold {@code traceparent} and {@code tracestate}
     */
    RequestTrace begin(String path, String requestId, HttpHeaders headers);
}
