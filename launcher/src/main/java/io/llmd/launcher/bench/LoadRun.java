package io.llmd.launcher.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Load on one port until it is drained. The state belongs to the event loop; other threads read it through
 * {@link #tally}. Every answer is checked: status, length, number of events.
 */
final class LoadRun {

    /** An endless stream of refused connections ends here. */
    private static final long MAX_ERRORS = 1_000;

    private static final long TICK_NANOS = 200_000;

    /**
     * Counts since the start of the run.
     *
     * @param left clients that hung up on purpose
     * @param latency times of answers in nanoseconds, since the previous tally
     * @param eventLatency from when stamped events were due, in nanoseconds, since the previous tally
     */
    record Tally(
            long responses,
            long events,
            long errors,
            @Nullable String firstError,
            long left,
            Histogram latency,
            Histogram eventLatency) {}

    private final EventLoop loop;
    private final Bootstrap bootstrap;
    private final SourceAddresses sources;
    private final int port;
    private final LoadShape shape;
    private final long intervalNanos;
    private final List<LoadConnection> connections = new ArrayList<>();
    private final ArrayDeque<LoadConnection> idle = new ArrayDeque<>();
    private final CountDownLatch drained = new CountDownLatch(1);
    private Histogram latency = newHistogram();
    private Histogram eventLatency = newHistogram();
    private long responses;
    private long events;
    private long errors;
    private long left;
    private int open;
    private int nextLeaver;
    private boolean draining;
    private long nextDueNanos;
    private long nextLeaveNanos;
    private @Nullable String firstError;
    private @Nullable Future<?> ticker;
    private @Nullable Future<?> leaving;

    LoadRun(
            EventLoop loop,
            Bootstrap bootstrap,
            SourceAddresses sources,
            int port,
            LoadShape shape,
            double requestsPerSecond) {
        this.loop = loop;
        this.bootstrap = bootstrap;
        this.sources = sources;
        this.port = port;
        this.shape = shape;
        this.intervalNanos = requestsPerSecond > 0 ? (long) (1e9 / requestsPerSecond) : 0;
    }

    /** Opens this many connections, evenly spread over a time, so that their streams do not beat in step. */
    void start(int count, Duration spread) {
        loop.execute(() -> {
            for (int i = 0; i < count; i++) {
                LoadConnection connection = new LoadConnection(this, request(i), shape);
                connections.add(connection);
                loop.schedule(() -> reconnect(connection), spread.toNanos() * i / count, TimeUnit.NANOSECONDS);
            }
            if (intervalNanos > 0) {
                nextDueNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(100);
                ticker = loop.scheduleAtFixedRate(this::sendDue, TICK_NANOS, TICK_NANOS, TimeUnit.NANOSECONDS);
            }
        });
    }

    private ByteBuf request(int number) {
        return Payloads.prepared(Payloads.chatRequest(port, number, shape.streamed(), shape.requestBytes()));
    }

    private void connect(LoadConnection connection) {
        open++;
        ChannelFuture connected = bootstrap
                .clone()
                .handler(connection.handler())
                .connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), sources.next());
        connected.addListener(done -> {
            if (!done.isSuccess()) {
                failed("connect: " + done.cause());
                closed(connection);
            }
        });
    }

    /** Whether connections send at fixed times instead of as soon as they can. */
    boolean isTimed() {
        return intervalNanos > 0;
    }

    boolean isDraining() {
        return draining;
    }

    void ready(LoadConnection connection) {
        idle.add(connection);
    }

    /** Sends what is due; a request that finds no free connection waits, and its time runs. */
    private void sendDue() {
        long now = System.nanoTime();
        while (!draining && nextDueNanos <= now && !idle.isEmpty()) {
            LoadConnection connection = idle.poll();
            if (connection.isFree()) {
                connection.send(nextDueNanos);
                nextDueNanos += intervalNanos;
            }
        }
    }

    /** From now on so many clients a second hang up before their answer, half of them with a reset; others take their place. */
    void leaveAt(double perSecond) {
        long interval = (long) (1e9 / perSecond);
        loop.execute(() -> {
            nextLeaveNanos = System.nanoTime();
            leaving = loop.scheduleAtFixedRate(() -> leaveDue(interval), TICK_NANOS, TICK_NANOS, TimeUnit.NANOSECONDS);
        });
    }

    /** Nobody hangs up any more. */
    void stay() {
        loop.submit(this::stopLeaving).syncUninterruptibly();
    }

    private void stopLeaving() {
        Future<?> running = leaving;
        if (running != null) {
            running.cancel(false);
        }
    }

    private void leaveDue(long interval) {
        long now = System.nanoTime();
        for (int tries = 0; !draining && nextLeaveNanos <= now && tries < connections.size(); tries++) {
            LoadConnection connection = connections.get(nextLeaver);
            nextLeaver = (nextLeaver + 1) % connections.size();
            if (connection.leave(left % 2 == 0)) {
                left++;
                nextLeaveNanos += interval;
            }
        }
    }

    /** Requests that have been sent and are not over. */
    long inFlight() {
        return loop.submit(() ->
                        connections.stream().filter(LoadConnection::isInFlight).count())
                .syncUninterruptibly()
                .getNow();
    }

    /** A stamped event came so long after it was due. */
    void receivedAfter(long nanos) {
        eventLatency.recordValue(Math.max(0, nanos));
    }

    void answered(long nanos) {
        responses++;
        latency.recordValue(nanos);
    }

    void received(int newEvents) {
        events += newEvents;
    }

    void failed(String reason) {
        errors++;
        if (firstError == null) {
            firstError = reason;
        }
    }

    /** A connection has ended: another takes its place unless the run drains or is hopeless. */
    void closed(LoadConnection connection) {
        open--;
        if (!draining && errors < MAX_ERRORS) {
            loop.schedule(() -> reconnect(connection), 10, TimeUnit.MILLISECONDS);
            return;
        }
        if (open == 0) {
            drained.countDown();
        }
    }

    private void reconnect(LoadConnection connection) {
        if (!draining) {
            connect(connection);
        }
    }

    /** What was counted so far. */
    Tally tally() {
        return loop.submit(() -> {
                    Histogram taken = latency;
                    latency = newHistogram();
                    Histogram ofEvents = eventLatency;
                    eventLatency = newHistogram();
                    return new Tally(responses, events, errors, firstError, left, taken, ofEvents);
                })
                .syncUninterruptibly()
                .getNow();
    }

    /**
     * Lets every connection finish its answer and closes it.
     *
     * @return final counts; answers that did not end within the limit count as errors
     */
    Tally drain(Duration limit) throws InterruptedException {
        loop.execute(() -> {
            draining = true;
            Future<?> running = ticker;
            if (running != null) {
                running.cancel(false);
            }
            stopLeaving();
            connections.forEach(LoadConnection::closeIfIdle);
            if (open == 0) {
                drained.countDown();
            }
        });
        if (!drained.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
            loop.submit(() -> connections.forEach(LoadConnection::abort)).syncUninterruptibly();
        }
        return tally();
    }

    private static Histogram newHistogram() {
        Histogram histogram = new Histogram(3);
        histogram.setAutoResize(true);
        return histogram;
    }
}
