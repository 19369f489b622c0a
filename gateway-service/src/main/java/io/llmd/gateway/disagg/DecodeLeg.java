package io.llmd.gateway.disagg;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.dispatch.AttemptFailure;
import io.llmd.gateway.dispatch.UpstreamCall;
import io.llmd.gateway.dispatch.UpstreamListener;
import io.llmd.openai.StreamScanner;
import io.llmd.openai.stream.CachedTokens;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The leg whose answer goes to the client: passes it on as it comes, with the cached tokens of the prefill endpoint. When
 * the answer shows, before anything of it was passed on, that the endpoint could not use the blocks, it becomes a failure
 * after which another attempt does without. Runs on one event loop.
 */
final class DecodeLeg implements UpstreamListener {

    private static final int MAX_FIRST_EVENT = 16 << 10;

    private final SplitCall call;
    private final SplitListener listener;
    private final DecodeTerms terms;
    private final long sentNanos;
    private final boolean isFirstContact;
    private @Nullable UpstreamCall running;
    private @Nullable ScheduledFuture<?> deadline;
    private @Nullable StreamScanner firstEvent;
    private @Nullable CompositeByteBuf held;
    private @Nullable CachedTokens cached;
    private boolean answers;
    private boolean begun;
    private boolean done;
    private boolean paused;

    DecodeLeg(SplitCall call, SplitListener listener, DecodeTerms terms) {
        this.call = call;
        this.listener = listener;
        this.terms = terms;
        this.sentNanos = call.now();
        this.isFirstContact = terms.prefill() != null && call.isFirstContact(terms.prefill());
    }

    /** The leg is sent; {@code upstream} is its call. */
    void sent(UpstreamCall upstream, EventLoop loop, Duration timeout) {
        if (done) {
            upstream.cancel();
            return;
        }
        running = upstream;
        deadline = loop.schedule(this::tooLate, timeout.toNanos(), TimeUnit.NANOSECONDS);
        if (paused) {
            upstream.pause();
        }
    }

    private void tooLate() {
        if (!done && !begun) {
            cancel("timeout");
            listener.onFailure(AttemptFailure.FIRST_BYTE_TIMEOUT);
        }
    }

    void pause() {
        paused = true;
        UpstreamCall upstream = running;
        if (upstream != null && !done) {
            upstream.pause();
        }
    }

    void resume() {
        paused = false;
        UpstreamCall upstream = running;
        if (upstream != null && !done) {
            upstream.resume();
        }
    }

    /** Closes the connection, which the endpoint sees as an abort. */
    void cancel(String result) {
        if (!finish(result)) {
            return;
        }
        UpstreamCall upstream = running;
        if (upstream != null) {
            upstream.cancel();
        }
    }

    private boolean finish(String result) {
        if (done) {
            return false;
        }
        done = true;
        stopDeadline();
        releaseHeld();
        call.decodeEnded(result, now() - sentNanos, isFirstContact);
        return true;
    }

    private long now() {
        return call.now();
    }

    private void stopDeadline() {
        ScheduledFuture<?> timer = deadline;
        deadline = null;
        if (timer != null) {
            timer.cancel(false);
        }
    }

    private void releaseHeld() {
        CompositeByteBuf bytes = held;
        held = null;
        if (bytes != null) {
            bytes.release();
        }
    }

    @Override
    public void onHead(int status, HttpHeaders headers) {
        TargetEndpoint prefill = terms.prefill();
        if (prefill != null && (status == 500 || status == 502 || status == 504)) {
            unusable(prefill);
            return;
        }
        answers = status / 100 == 2;
        if (!answers) {
            listener.onHead(status, headers);
            return;
        }
        String type = headers.get(HttpHeaderNames.CONTENT_TYPE, "").toLowerCase(Locale.ROOT);
        boolean events = type.startsWith("text/event-stream");
        if (prefill != null && events) {
            firstEvent = new StreamScanner(call.request().route());
        }
        if (terms.cachedTokens() == PrefillAnswer.UNKNOWN) {
            listener.onHead(status, headers);
            return;
        }
        cached = CachedTokens.of(
                terms.cachedTokens(), terms.inputTokens(), call.request().route(), events);
        HttpHeaders changed = headers.copy();
        changed.remove(HttpHeaderNames.CONTENT_LENGTH);
        listener.onHead(status, changed);
    }

    /** The endpoint could not use the blocks: a failure that is not its own. */
    private void unusable(TargetEndpoint prefill) {
        cancel("handoff");
        call.handoffFailed(prefill);
        listener.onFailure(AttemptFailure.HANDOFF);
    }

    @Override
    public void onBody(ByteBuf bytes) {
        if (done) {
            bytes.release();
            return;
        }
        StreamScanner scanner = firstEvent;
        if (scanner == null) {
            passOn(bytes);
            return;
        }
        scanner.scan(bytes.nioBuffer());
        CompositeByteBuf waiting = held;
        if (waiting == null) {
            waiting = bytes.alloc().compositeBuffer();
            held = waiting;
        }
        waiting.addComponent(true, bytes);
        TargetEndpoint prefill = terms.prefill();
        if (prefill != null && scanner.hasErrorEvent() && scanner.contentEvents() == 0) {
            unusable(prefill);
        } else if (scanner.events() > 0 || scanner.isComplete() || waiting.readableBytes() > MAX_FIRST_EVENT) {
            passOnHeld();
        }
    }

    private void passOnHeld() {
        firstEvent = null;
        CompositeByteBuf bytes = held;
        held = null;
        if (bytes != null) {
            passOn(bytes);
        }
    }

    private void passOn(ByteBuf bytes) {
        if (answers && !begun) {
            begun = true;
            stopDeadline();
            call.decodeBegan(terms, now() - sentNanos);
        }
        CachedTokens rewriting = cached;
        ByteBuf out = rewriting == null ? bytes : rewriting.apply(bytes);
        if (out.isReadable()) {
            listener.onBody(out);
        } else {
            out.release();
        }
    }

    @Override
    public void onPause() {
        listener.onPause();
    }

    @Override
    public void onEnd() {
        if (done) {
            return;
        }
        StreamScanner scanner = firstEvent;
        TargetEndpoint prefill = terms.prefill();
        if (scanner != null) {
            scanner.endOfStream();
            if (prefill != null && scanner.hasErrorEvent() && scanner.contentEvents() == 0) {
                unusable(prefill);
                return;
            }
            passOnHeld();
        }
        if (finish("ok")) {
            listener.onEnd();
        }
    }

    @Override
    public void onFailure(AttemptFailure failure) {
        if (!done) {
            finish(failure.result());
            if (failure == AttemptFailure.CONNECT) {
                call.decodeUnreached(terms);
            }
            listener.onFailure(failure);
        }
    }
}
