package io.llmd.scheduler.api.extproc;

import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;

/** How a proxy sends bodies and takes changed ones. */
enum BodyMode {
    /** No body is sent. */
    NONE,
    /** In pieces, without waiting; what is not sent back is lost. */
    DUPLEX,
    /** As one piece, once the head is answered. */
    WHOLE,
    /** In pieces, each of which is answered before the next one; a request's head has to be answered before its body is seen. */
    PIECES;

    static BodyMode of(BodySendMode mode) {
        return switch (mode) {
            case NONE -> NONE;
            case BUFFERED, BUFFERED_PARTIAL -> WHOLE;
            case STREAMED -> PIECES;
            default -> DUPLEX;
        };
    }
}
