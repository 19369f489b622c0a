package io.llmd.simulator.kvevents;

import io.llmd.kv.zmtp.BufferBudget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sockets that ZeroMQ's can talk to, all on one thread that waits in a selector and runs what it is given. The thread that
 * sends is the one that writes, so that a message is on its way when {@link EventSocket} has taken it. {@link #execute}
 * and {@link #stop} are safe from any thread; everything else is for the sockets' own.
 */
final class EventSockets {

    private static final Logger log = LoggerFactory.getLogger(EventSockets.class);

    private static final int READ_BYTES = 16 << 10;
    /** What peers may have sent in part. Subscriptions and replay requests are small. */
    private static final long MAX_BUFFERED_BYTES = 64L << 20;
    /** How often deadlines are looked at, while there are any. */
    private static final long TICK_MILLIS = 100;

    private static final long FOREVER = 0;

    private final Selector selector;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Set<EventSocket> sockets = new HashSet<>();
    /** Those that have deadlines. */
    private final Set<EventSocket> waiting = new HashSet<>();

    private long lastTick = System.nanoTime();
    private final BufferBudget budget = new BufferBudget(MAX_BUFFERED_BYTES);
    private final ByteBuffer read = ByteBuffer.allocateDirect(READ_BYTES);
    private final Thread thread = Thread.ofPlatform().daemon().name("kv-events").unstarted(this::run);
    private volatile boolean isStopped;

    EventSockets() {
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void start() {
        thread.start();
    }

    /** Runs an action on the sockets' thread, soon; nothing after the end. */
    void execute(Runnable action) {
        tasks.add(action);
        selector.wakeup();
    }

    /** Ends the thread and closes all sockets; false when that has not happened in time. */
    boolean stop(long millis) throws InterruptedException {
        isStopped = true;
        selector.wakeup();
        thread.join(millis);
        return !thread.isAlive();
    }

    void add(EventSocket socket) {
        sockets.add(socket);
    }

    void remove(EventSocket socket) {
        sockets.remove(socket);
        waiting.remove(socket);
    }

    /** Has a socket looked at now and then, or no longer. */
    void hasDeadline(EventSocket socket, boolean hasOne) {
        if (hasOne) {
            waiting.add(socket);
        } else {
            waiting.remove(socket);
        }
    }

    BufferBudget budget() {
        return budget;
    }

    SelectionKey register(SelectableChannel channel, int operations, Runnable whenReady) throws IOException {
        channel.configureBlocking(false);
        return channel.register(selector, operations, whenReady);
    }

    /** The buffer into which the thread reads, empty. */
    ByteBuffer buffer() {
        return read.clear();
    }

    private void run() {
        try {
            while (!isStopped) {
                turn();
            }
        } catch (IOException e) {
            log.atError().setCause(e).log("selector failed; KV events are no longer published");
        } finally {
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                run(task);
            }
            List.copyOf(sockets).forEach(EventSocket::close);
            close();
        }
    }

    /** Channels first, then what was there to do when it began: who puts tasks back does not keep channels waiting. */
    private void turn() throws IOException {
        if (tasks.isEmpty()) {
            selector.select(EventSockets::ready, waiting.isEmpty() ? FOREVER : TICK_MILLIS);
        } else {
            selector.selectNow(EventSockets::ready);
        }
        for (int left = tasks.size(); left > 0; left--) {
            run(tasks.remove());
        }
        long now = System.nanoTime();
        if (!waiting.isEmpty() && now - lastTick >= TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS)) {
            lastTick = now;
            List.copyOf(waiting).forEach(socket -> socket.tick(now));
        }
    }

    private static void ready(SelectionKey key) {
        if (key.isValid() && key.attachment() instanceof Runnable whenReady) {
            run(whenReady);
        }
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("KV event sockets failed at a task");
        }
    }

    private void close() {
        try {
            selector.close();
        } catch (IOException e) {
            log.atDebug().setCause(e).log("selector could not be closed");
        }
    }
}
