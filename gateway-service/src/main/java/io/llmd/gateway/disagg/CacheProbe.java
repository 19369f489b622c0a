package io.llmd.gateway.disagg;

import io.llmd.gateway.dispatch.AttemptFailure;
import io.llmd.gateway.dispatch.UpstreamListener;
import io.llmd.openai.ApiRoute;
import io.llmd.openai.StreamScanner;
import io.llmd.openai.UsageReader;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayDeque;
import java.util.Locale;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the beginning of an answer until it is certain that the endpoint goes on with it: an endpoint that finds less of a
 * prompt in its caches than it was asked to ends its answer with finish reason {@code cache_threshold}. A stream is passed
 * on from its second event or its first text on, an answer that is no stream when it is complete or too large for one
 * that says nothing. Runs on one event loop.
 */
final class CacheProbe implements UpstreamListener {

    static final String MISS = "cache_threshold";
    private static final int MAX_KEPT = 64 << 10;
    private static final int TELLING_EVENTS = 2;

    private final UpstreamListener next;
    private final ApiRoute route;
    private final Runnable onMiss;
    private final Queue<ByteBuf> kept = new ArrayDeque<>(2);
    private int keptBytes;
    private int status;
    private @Nullable HttpHeaders headers;
    private @Nullable StreamScanner events;
    private @Nullable UsageReader whole;
    private boolean isOver;

    /**
     * @param next gets the answer, unless the endpoint lacks too much of the prompt
     * @param onMiss called once in that case; nothing of the answer is passed on
     */
    CacheProbe(UpstreamListener next, ApiRoute route, Runnable onMiss) {
        this.next = next;
        this.route = route;
        this.onMiss = onMiss;
    }

    /** Lets go of what is kept. */
    void discard() {
        isOver = true;
        for (ByteBuf bytes = kept.poll(); bytes != null; bytes = kept.poll()) {
            bytes.release();
        }
    }

    @Override
    public void onHead(int answerStatus, HttpHeaders answerHeaders) {
        status = answerStatus;
        headers = answerHeaders.copy();
        if (answerStatus / 100 != 2) {
            open();
        } else if (answerHeaders
                .get(HttpHeaderNames.CONTENT_TYPE, "")
                .toLowerCase(Locale.ROOT)
                .startsWith("text/event-stream")) {
            events = new StreamScanner(route);
        } else {
            whole = new UsageReader();
        }
    }

    @Override
    public void onBody(ByteBuf bytes) {
        if (isOver) {
            next.onBody(bytes);
            return;
        }
        keptBytes += bytes.readableBytes();
        kept.add(bytes);
        StreamScanner scanner = events;
        UsageReader reader = whole;
        if (scanner != null) {
            scanner.scan(bytes.nioBuffer());
            decide(MISS.equals(scanner.finishReason()), isTelling(scanner));
        } else if (reader != null) {
            reader.scan(bytes.nioBuffer());
            decide(false, false);
        }
    }

    private boolean isTelling(StreamScanner scanner) {
        boolean isTyped = route == ApiRoute.MESSAGES || route == ApiRoute.RESPONSES;
        return scanner.contentEvents() > 0
                || scanner.hasErrorEvent()
                || scanner.isComplete()
                || !isTyped && scanner.events() >= TELLING_EVENTS;
    }

    private void decide(boolean isMiss, boolean isHit) {
        if (isMiss) {
            discard();
            onMiss.run();
        } else if (isHit || keptBytes > MAX_KEPT) {
            open();
        }
    }

    private void open() {
        isOver = true;
        HttpHeaders head = headers;
        if (head != null) {
            next.onHead(status, head);
        }
        for (ByteBuf bytes = kept.poll(); bytes != null; bytes = kept.poll()) {
            next.onBody(bytes);
        }
    }

    @Override
    public void onPause() {
        if (isOver) {
            next.onPause();
        }
    }

    @Override
    public void onEnd() {
        if (!isOver) {
            StreamScanner scanner = events;
            UsageReader reader = whole;
            if (scanner != null) {
                scanner.endOfStream();
            }
            String reason = scanner != null ? scanner.finishReason() : reader != null ? reader.finishReason() : null;
            decide(MISS.equals(reason), true);
            if (MISS.equals(reason)) {
                return;
            }
        }
        next.onEnd();
    }

    @Override
    public void onFailure(AttemptFailure failure) {
        discard();
        next.onFailure(failure);
    }
}
