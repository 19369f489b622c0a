package io.llmd.gateway.disagg;

import io.llmd.gateway.dispatch.AttemptFailure;
import io.llmd.gateway.dispatch.UpstreamCall;
import io.llmd.gateway.dispatch.UpstreamListener;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A leg whose whole answer is wanted, within bounds of size and time. Runs on one event loop. */
final class BufferedLeg implements UpstreamListener {

    /** Hears how a leg ended; exactly one method is called. */
    interface Listener {

        /** The answer is complete. */
        void onAnswer(int status, byte[] body);

        /** The answer is larger than allowed; the leg is aborted. */
        void onTooLarge();

        /** There is no room for the answer at this time; the leg is aborted. Never called for a leg that has room for all. */
        default void onNoRoom() {
            onTooLarge();
        }

        /** There is no complete answer; the leg is over. */
        void onFailure(AttemptFailure failure);

        /** The leg was cancelled; nothing has to be done about it. */
        default void onCancelled() {}
    }

    /** Memory for answers, shared with others. */
    @FunctionalInterface
    interface Room {

        /** Room for all that one leg may bring. */
        Room ENOUGH = bytes -> true;

        /** Takes room, which whoever made this gives back; says whether there was as much. */
        boolean tryTake(int bytes);
    }

    private final int maxBytes;
    private final Room room;
    private final Listener listener;
    private ByteArrayOutputStream body = new ByteArrayOutputStream();
    private @Nullable UpstreamCall call;
    private @Nullable ScheduledFuture<?> deadline;
    private int status;
    private boolean done;

    BufferedLeg(int maxBytes, Listener listener) {
        this(maxBytes, Room.ENOUGH, listener);
    }

    BufferedLeg(int maxBytes, Room room, Listener listener) {
        this.maxBytes = maxBytes;
        this.room = room;
        this.listener = listener;
    }

    /** The leg is sent; {@code running} is its call. */
    void sent(UpstreamCall running, EventLoop loop, Duration timeout) {
        if (done) {
            running.cancel();
            return;
        }
        call = running;
        deadline =
                loop.schedule(() -> fail(AttemptFailure.FIRST_BYTE_TIMEOUT), timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Closes the connection, which the endpoint sees as an abort. */
    void cancel() {
        if (abort()) {
            listener.onCancelled();
        }
    }

    private boolean abort() {
        if (!finish()) {
            return false;
        }
        UpstreamCall running = call;
        if (running != null) {
            running.cancel();
        }
        return true;
    }

    private boolean finish() {
        if (done) {
            return false;
        }
        done = true;
        // Whoever keeps the leg until the request is over keeps no answer with it.
        body = new ByteArrayOutputStream(0);
        ScheduledFuture<?> timer = deadline;
        if (timer != null) {
            timer.cancel(false);
        }
        return true;
    }

    private void fail(AttemptFailure failure) {
        if (abort()) {
            listener.onFailure(failure);
        }
    }

    @Override
    public void onHead(int answerStatus, HttpHeaders headers) {
        status = answerStatus;
    }

    @Override
    public void onBody(ByteBuf bytes) {
        try {
            if (done) {
                return;
            }
            if (bytes.readableBytes() > maxBytes - body.size()) {
                abort();
                listener.onTooLarge();
                return;
            }
            if (!room.tryTake(bytes.readableBytes())) {
                abort();
                listener.onNoRoom();
                return;
            }
            byte[] part = new byte[bytes.readableBytes()];
            bytes.readBytes(part);
            body.writeBytes(part);
        } finally {
            bytes.release();
        }
    }

    @Override
    public void onPause() {
        // nothing waits for a flush
    }

    @Override
    public void onEnd() {
        if (!done) {
            byte[] answer = body.toByteArray();
            finish();
            listener.onAnswer(status, answer);
        }
    }

    @Override
    public void onFailure(AttemptFailure failure) {
        if (finish()) {
            listener.onFailure(failure);
        }
    }
}
