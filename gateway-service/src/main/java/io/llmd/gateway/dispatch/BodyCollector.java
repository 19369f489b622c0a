package io.llmd.gateway.dispatch;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Collects a small answer of a control call; larger ones and failures become {@code null}. */
final class BodyCollector implements UpstreamListener {

    /** A complete answer. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Answer(int status, byte[] body) {}

    private final int maxBytes;
    private final Consumer<@Nullable Answer> result;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private int status;
    private boolean tooLarge;

    BodyCollector(int maxBytes, Consumer<@Nullable Answer> result) {
        this.maxBytes = maxBytes;
        this.result = result;
    }

    @Override
    public void onHead(int answerStatus, HttpHeaders headers) {
        status = answerStatus;
    }

    @Override
    public void onBody(ByteBuf bytes) {
        try {
            tooLarge |= body.size() + bytes.readableBytes() > maxBytes;
            if (!tooLarge) {
                byte[] part = new byte[bytes.readableBytes()];
                bytes.readBytes(part);
                body.writeBytes(part);
            }
        } finally {
            bytes.release();
        }
    }

    @Override
    public void onPause() {
        // Nothing waits for a flush.
    }

    @Override
    public void onEnd() {
        result.accept(tooLarge ? null : new Answer(status, body.toByteArray()));
    }

    @Override
    public void onFailure(AttemptFailure failure) {
        result.accept(null);
    }
}
