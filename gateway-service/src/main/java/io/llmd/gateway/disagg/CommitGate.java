package io.llmd.gateway.disagg;

import io.llmd.gateway.dispatch.AttemptFailure;
import io.llmd.gateway.dispatch.UpstreamListener;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Keeps what an endpoint answers until it may be passed on. A failure is passed on at once, in place of what is kept. Runs on
 * one event loop.
 *
 * @implNote keeps what one round of reading brings, for the call behind it is paused meanwhile
 */
final class CommitGate implements UpstreamListener {

    private final UpstreamListener next;
    private final Queue<Runnable> kept = new ArrayDeque<>();
    private final Queue<ByteBuf> keptBytes = new ArrayDeque<>();
    private boolean isOpen;

    CommitGate(UpstreamListener next) {
        this.next = next;
    }

    /** Passes on what was kept and all that follows. */
    void open() {
        isOpen = true;
        for (Runnable event = kept.poll(); event != null; event = kept.poll()) {
            event.run();
        }
        discard();
    }

    /** Lets go of what was kept; nothing of the answer is wanted any more. */
    void discard() {
        isOpen = true;
        kept.clear();
        for (ByteBuf bytes = keptBytes.poll(); bytes != null; bytes = keptBytes.poll()) {
            bytes.release();
        }
    }

    @Override
    public void onHead(int status, HttpHeaders headers) {
        if (isOpen) {
            next.onHead(status, headers);
        } else {
            HttpHeaders copy = headers.copy();
            kept.add(() -> next.onHead(status, copy));
        }
    }

    @Override
    public void onBody(ByteBuf bytes) {
        if (isOpen) {
            next.onBody(bytes);
        } else {
            keptBytes.add(bytes);
            kept.add(() -> next.onBody(keptBytes.remove()));
        }
    }

    @Override
    public void onPause() {
        passOn(next::onPause);
    }

    @Override
    public void onEnd() {
        passOn(next::onEnd);
    }

    @Override
    public void onFailure(AttemptFailure failure) {
        discard();
        next.onFailure(failure);
    }

    private void passOn(Runnable event) {
        if (isOpen) {
            event.run();
        } else {
            kept.add(event);
        }
    }
}
