package io.llmd.gateway.edge;

import io.llmd.gateway.edge.Exchange.Phase;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of one exchange on one scheduled task: progress only notes the time, and the task, when it runs, looks
 * what is due and sleeps until the next deadline. So a token costs a clock reading, not a timer.
 */
final class ExchangeTimer {

    private static final long MIN_SLEEP_NANOS = 1_000_000;
    private static final long MEBIBYTE = 1 << 20;

    private final Exchange exchange;
    private final EventExecutor executor;
    private final EdgeServices services;
    private final EdgeSettings.Timeouts timeouts;
    private final long startNanos;
    private @Nullable ScheduledFuture<?> task;
    private long taskNanos;
    private long lastBodyNanos;
    private long bodyBytes;
    private long askedNanos;
    private long sentNanos;
    private long firstByteNanos;
    private long endpointNanos;
    private long commentNanos;
    private long blockedNanos;
    private long blockedBytes;
    private boolean stopped;

    ExchangeTimer(Exchange exchange, EventExecutor executor, EdgeServices services) {
        this.exchange = exchange;
        this.executor = executor;
        this.services = services;
        this.timeouts = services.settings().timeouts();
        this.startNanos = now();
        this.lastBodyNanos = startNanos;
        this.commentNanos = startNanos;
    }

    void bodyArrived(int bytes) {
        bodyBytes += bytes;
        lastBodyNanos = now();
    }

    /** The scheduler has been asked. */
    void asked() {
        askedNanos = now();
        arm();
    }

    void sent() {
        sentNanos = now();
        commentNanos = sentNanos;
        arm();
    }

    void firstByte() {
        endpointNanos = now();
        commentNanos = endpointNanos;
        if (firstByteNanos == 0) {
            firstByteNanos = endpointNanos;
        }
    }

    /** The client got a head; the first byte of the body has the time it had before. */
    void headOnly() {
        endpointNanos = Math.max(now(), sentNanos + nanos(timeouts.firstByte()) - nanos(timeouts.gap()));
    }

    /** When the first byte of an answer came; 0 when none has. */
    long firstByteNanos() {
        return firstByteNanos;
    }

    void endpointProgress() {
        endpointNanos = now();
        commentNanos = endpointNanos;
    }

    void clientBlocked() {
        blockedNanos = now();
        blockedBytes = exchange.pendingClientBytes();
    }

    void clientProgress() {
        // Silence is counted anew: the endpoint was not asked for more while the client was busy.
        endpointNanos = now();
        commentNanos = endpointNanos;
    }

    void flushing() {
        clientBlocked();
    }

    long nanosLeft() {
        return timeouts.request().toNanos() - (now() - startNanos);
    }

    boolean isRequestOver() {
        return now() - startNanos >= timeouts.request().toNanos();
    }

    void stop() {
        stopped = true;
        cancel();
    }

    /** Makes sure that the task runs no later than the next deadline. */
    void arm() {
        if (stopped) {
            return;
        }
        long now = now();
        long next = nextDeadline();
        if (task != null) {
            if (taskNanos - next <= 0) {
                return;
            }
            cancel();
        }
        taskNanos = Math.max(next, now + MIN_SLEEP_NANOS);
        task = executor.schedule(this::run, taskNanos - now, TimeUnit.NANOSECONDS);
    }

    private void cancel() {
        ScheduledFuture<?> running = task;
        task = null;
        if (running != null) {
            running.cancel(false);
        }
    }

    private void run() {
        task = null;
        Phase before = exchange.phase();
        long now = now();
        switch (before) {
            case READING -> {
                if (isDue(now, bodyDeadline())) {
                    exchange.bodyTooSlow();
                }
            }
            case SCHEDULING -> {
                if (isDue(now, askedNanos + nanos(timeouts.queue()))) {
                    exchange.queuedTooLong();
                } else {
                    checkRequest(now);
                }
            }
            case WAITING -> {
                if (isDue(now, sentNanos + timeouts.firstByte().toNanos())) {
                    exchange.firstByteTooLate();
                } else {
                    checkSilence(now);
                    checkRequest(now);
                }
            }
            case RELAYING -> {
                if (exchange.isClientBlocked()) {
                    checkClient(now);
                } else if (isDue(now, endpointNanos + timeouts.gap().toNanos())) {
                    exchange.endpointTooSlow();
                } else {
                    checkSilence(now);
                }
                checkRequest(now);
            }
            case FLUSHING -> checkClient(now);
            case ENDED -> {
                return;
            }
        }
        if (exchange.phase() != Phase.ENDED) {
            arm();
        }
    }

    private void checkRequest(long now) {
        if (exchange.phase() != Phase.FLUSHING && isDue(now, startNanos + nanos(timeouts.request()))) {
            exchange.requestTooLong();
        }
    }

    private void checkSilence(long now) {
        if (isDue(now, commentNanos + nanos(timeouts.keepAliveComment()))) {
            commentNanos = now;
            exchange.silence();
        }
    }

    private void checkClient(long now) {
        long pending = exchange.pendingClientBytes();
        if (pending != blockedBytes) {
            blockedBytes = pending;
            blockedNanos = now;
        } else if (isDue(now, blockedNanos + nanos(timeouts.writeGap()))) {
            exchange.clientTooSlow();
        }
    }

    private long nextDeadline() {
        long request = startNanos + nanos(timeouts.request());
        return switch (exchange.phase()) {
            case READING -> bodyDeadline();
            case SCHEDULING -> Math.min(request, askedNanos + nanos(timeouts.queue()));
            case WAITING ->
                Math.min(
                        request,
                        Math.min(
                                sentNanos + nanos(timeouts.firstByte()),
                                commentNanos + nanos(timeouts.keepAliveComment())));
            case RELAYING ->
                Math.min(
                        request,
                        exchange.isClientBlocked()
                                ? blockedNanos + nanos(timeouts.writeGap())
                                : Math.min(
                                        endpointNanos + nanos(timeouts.gap()),
                                        commentNanos + nanos(timeouts.keepAliveComment())));
            case FLUSHING, ENDED -> blockedNanos + nanos(timeouts.writeGap());
        };
    }

    private long bodyDeadline() {
        long whole = nanos(timeouts.body()) + bodyBytes / MEBIBYTE * nanos(timeouts.bodyPerMebibyte());
        return Math.min(lastBodyNanos + nanos(timeouts.bodyGap()), startNanos + whole);
    }

    private static boolean isDue(long now, long deadline) {
        return now - deadline >= 0;
    }

    private static long nanos(Duration duration) {
        return duration.toNanos();
    }

    private long now() {
        return services.nanoTime().getAsLong();
    }
}
