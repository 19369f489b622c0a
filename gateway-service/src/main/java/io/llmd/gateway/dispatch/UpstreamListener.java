package io.llmd.gateway.dispatch;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;

/**
 * Follows one request to an endpoint. Called on the event loop of the transport, in the order head, body, end; nothing
 * is called after the end, a failure or {@link UpstreamCall#cancel()}.
 */
public interface UpstreamListener {

    /** The head of the answer; headers are valid during the call only. */
    void onHead(int status, HttpHeaders headers);

    /** Bytes of the body; the listener releases the buffer. */
    void onBody(ByteBuf bytes);

    /** All bytes that were there have been delivered; a good moment to flush. */
    void onPause();

    /** The answer is complete as its framing says. */
    void onEnd();

    /**
     * There will be no complete answer.
     *
     * @param failure what went wrong; {@link AttemptFailure#RESET} also when the connection broke inside of the body
     */
    void onFailure(AttemptFailure failure);
}
