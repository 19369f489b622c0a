package io.llmd.gateway.disagg;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.gateway.dispatch.AttemptFailure;
import io.llmd.gateway.dispatch.UpstreamListener;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;

/**
 * Looks at the head of an answer to a request for cached decoding only: that there is nothing cached is not passed on,
 * everything else is. Runs on one event loop.
 */
final class CachedOnly implements UpstreamListener {

    private final UpstreamListener next;
    private final Runnable onHit;
    private final Runnable onMiss;
    private boolean isMiss;

    /**
     * @param next gets the answer, unless there is nothing cached
     * @param onHit called when an endpoint answers
     * @param onMiss called once, when the answer that there is nothing cached is over
     */
    CachedOnly(UpstreamListener next, Runnable onHit, Runnable onMiss) {
        this.next = next;
        this.onHit = onHit;
        this.onMiss = onMiss;
    }

    @Override
    public void onHead(int status, HttpHeaders headers) {
        isMiss = status == ErrorCode.NOT_CACHED.status();
        if (isMiss) {
            return;
        }
        if (status / 100 == 2) {
            onHit.run();
        }
        next.onHead(status, headers);
    }

    @Override
    public void onBody(ByteBuf bytes) {
        if (isMiss) {
            bytes.release();
        } else {
            next.onBody(bytes);
        }
    }

    @Override
    public void onPause() {
        if (!isMiss) {
            next.onPause();
        }
    }

    @Override
    public void onEnd() {
        if (isMiss) {
            onMiss.run();
        } else {
            next.onEnd();
        }
    }

    @Override
    public void onFailure(AttemptFailure failure) {
        if (isMiss) {
            onMiss.run();
        } else {
            next.onFailure(failure);
        }
    }
}
