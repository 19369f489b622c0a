package io.llmd.scheduler.api.extproc;

import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;

/** How a proxy sends bodies and takes changed ones. */
enum BodyMode {
    /** No body is sent. */
    NONE,
    /** In pieces, without waiting; what is not sent back is lost. */
    DUPLEX,
    /** As one message, once the head is answered; without end when trailers follow. */
    WHOLE,
    /** The same, but no more than the proxy's buffer holds: without end there is a rest that is never sent. */
    PARTIAL,
    /** In pieces, each of which is answered before the next one; a request's head has to be answered before its body is seen. */
    PIECES;

    static BodyMode of(BodySendMode mode) {
        return switch (mode) {
            case NONE -> NONE;
            case BUFFERED -> WHOLE;
            case BUFFERED_PARTIAL -> PARTIAL;
            case STREAMED -> PIECES;
            default -> DUPLEX;
        };
    }

    /** Whether the head is answered before the body comes, and a changed body takes the place of all of it. */
    boolean isHeld() {
        return this == WHOLE || this == PARTIAL;
    }

    /** Whether an answer may end without that being told. */
    boolean mayHideTheEnd() {
        return this == NONE || this == PARTIAL;
    }
}
