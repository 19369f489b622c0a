package io.llmd.kv.ingest.zmq;

import io.llmd.kv.zmtp.BufferBudget;
import io.llmd.kv.zmtp.SocketKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Dials sockets of ZMQ peers and reads them, all on one thread that blocks in a selector. {@link #execute} and
 * {@link #close} are safe from any thread; everything else is for the loop's own.
 */
final class ZmqLoop implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ZmqLoop.class);

    private static final int READ_BYTES = 256 << 10;
    private static final long MAX_WAIT_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long CLOSE_WAIT_MILLIS = 5_000;

    private final ZmtpSettings settings;
    private final RandomGenerator random;
    private final Selector selector;
    private final Thread thread;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Timers timers = new Timers();
    private final Set<ZmtpLink> links = new HashSet<>();
    private final BufferBudget budget;
    private final ByteBuffer read = ByteBuffer.allocateDirect(READ_BYTES);
    private final Object selectorLock = new Object();
    private volatile boolean isClosing;
    private volatile boolean isDone;

    ZmqLoop(String name, ZmtpSettings settings, RandomGenerator random) {
        this.settings = settings;
        this.random = random;
        budget = new BufferBudget(settings.maxBufferedBytes());
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread = Thread.ofPlatform().name(name).daemon().start(this::run);
    }

    /** Runs an action on the loop's thread, soon; on the caller's, if the loop has ended and nothing runs beside it. */
    void execute(Runnable action) {
        tasks.add(action);
        wakeUp();
        if (isDone) {
            runTasks();
        }
    }

    private void wakeUp() {
        synchronized (selectorLock) {
            if (selector.isOpen()) {
                selector.wakeup();
            }
        }
    }

    boolean isLoopThread() {
        return Thread.currentThread() == thread;
    }

    /** Keeps a connection to a publisher, dialled again whenever it ends, with a subscription to a prefix of topics. */
    ZmtpLink subscribe(String host, int port, byte[] topicPrefix, ZmtpListener listener) {
        return open(new ZmtpLink(this, SocketKind.SUB, host, port, topicPrefix, listener));
    }

    /** Opens one connection to a router; it is not dialled again. */
    ZmtpLink ask(String host, int port, ZmtpListener listener) {
        return open(new ZmtpLink(this, SocketKind.DEALER, host, port, new byte[0], listener));
    }

    private ZmtpLink open(ZmtpLink link) {
        if (!isClosing) {
            links.add(link);
            link.dial();
        }
        return link;
    }

    void forget(ZmtpLink link) {
        links.remove(link);
    }

    ZmtpSettings settings() {
        return settings;
    }

    RandomGenerator random() {
        return random;
    }

    BufferBudget budget() {
        return budget;
    }

    long now() {
        return System.nanoTime();
    }

    Timers.Timer after(long nanos, Runnable action) {
        return timers.schedule(now() + nanos, action);
    }

    /** Begins to connect; the link is told of everything that follows. */
    SelectionKey connect(SocketChannel channel, SocketAddress address, ZmtpLink link) throws IOException {
        channel.configureBlocking(false);
        SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT, link);
        if (channel.connect(address)) {
            execute(() -> link.ready(key));
        }
        return key;
    }

    /** Reads once into the loop's own buffer, see {@link #lastRead}; -1 at the end of the stream. */
    int read(SocketChannel channel) throws IOException {
        read.clear();
        int count = channel.read(read);
        read.flip();
        return count;
    }

    ByteBuffer lastRead() {
        return read;
    }

    private void run() {
        try {
            while (!isClosing) {
                turn();
            }
        } catch (IOException e) {
            log.atError().setCause(e).log("selector failed; KV events are no longer read");
        } finally {
            List.copyOf(links).forEach(ZmtpLink::close);
            closeSelector();
            isClosing = true;
            isDone = true;
            runTasks();
        }
    }

    private void turn() throws IOException {
        long wait = TimeUnit.NANOSECONDS.toMillis(timers.untilNext(now(), MAX_WAIT_NANOS)) + 1;
        selector.select(this::ready, wait);
        timers.run(now(), ZmqLoop::run);
        runTasks();
    }

    private void runTasks() {
        Runnable task = tasks.poll();
        while (task != null) {
            run(task);
            task = tasks.poll();
        }
    }

    private void ready(SelectionKey key) {
        if (key.attachment() instanceof ZmtpLink link && key.isValid()) {
            link.ready(key);
        }
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("task of the ZMQ loop failed");
        }
    }

    private void closeSelector() {
        synchronized (selectorLock) {
            try {
                selector.close();
            } catch (IOException e) {
                log.atDebug().setCause(e).log("selector could not be closed");
            }
        }
    }

    /** Ends all links and waits for the thread, five seconds at most. */
    @Override
    public void close() {
        isClosing = true;
        wakeUp();
        if (isLoopThread()) {
            return;
        }
        try {
            thread.join(CLOSE_WAIT_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
