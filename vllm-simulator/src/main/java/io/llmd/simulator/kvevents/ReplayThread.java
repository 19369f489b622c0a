package io.llmd.simulator.kvevents;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/**
 * One thread that waits on the replay sockets of all ranks. Others hand it work through a queue and wake it with a byte
 * in a pipe, for a ZeroMQ socket must stay on its thread.
 */
final class ReplayThread {

    private static final Logger log = LoggerFactory.getLogger(ReplayThread.class);

    private static final int WAIT_FOREVER = -1;

    private final ZContext context;
    private final Pipe wakeUp;
    private final Queue<Runnable> work = new ConcurrentLinkedQueue<>();
    private final List<ReplaySocket> sockets = new ArrayList<>();
    private final Thread thread;
    private volatile boolean isStopped;

    ReplayThread(ZContext context) {
        this.context = context;
        try {
            wakeUp = Pipe.open();
            wakeUp.source().configureBlocking(false);
            wakeUp.sink().configureBlocking(false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread = Thread.ofPlatform().daemon().name("kv-events-replay").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    void add(ReplaySocket socket) {
        submit(() -> sockets.add(socket));
    }

    /** Stops answering and frees the socket, then opens the latch. */
    void remove(ReplaySocket socket, CountDownLatch done) {
        submit(() -> {
            sockets.remove(socket);
            socket.close();
            done.countDown();
        });
    }

    /** Ends the thread; false when it has not ended in time. */
    boolean stop(long millis) throws InterruptedException {
        isStopped = true;
        wake();
        thread.join(millis);
        return !thread.isAlive();
    }

    private void submit(Runnable task) {
        work.add(task);
        wake();
    }

    /** A pipe that is full has woken the thread already. */
    private void wake() {
        try {
            wakeUp.sink().write(ByteBuffer.allocate(1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void run() {
        try (Pipe.SourceChannel source = wakeUp.source();
                Pipe.SinkChannel sink = wakeUp.sink()) {
            while (!isStopped) {
                turn(source);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void turn(Pipe.SourceChannel wakeUps) throws IOException {
        List<ReplaySocket> watched = List.copyOf(sockets);
        try (ZMQ.Poller poller = context.createPoller(watched.size() + 1)) {
            for (ReplaySocket socket : watched) {
                poller.register(socket.socket(), ZMQ.Poller.POLLIN);
            }
            poller.register(wakeUps, ZMQ.Poller.POLLIN);
            while (work.isEmpty() && !isStopped) {
                poller.poll(WAIT_FOREVER);
                answer(watched, poller);
            }
        }
        drain(wakeUps);
        for (Runnable task = work.poll(); task != null; task = work.poll()) {
            task.run();
        }
    }

    private static void answer(List<ReplaySocket> watched, ZMQ.Poller poller) {
        for (int i = 0; i < watched.size(); i++) {
            if (poller.pollin(i)) {
                answer(watched.get(i));
            }
        }
    }

    private static void answer(ReplaySocket socket) {
        try {
            socket.answer();
        } catch (RuntimeException e) {
            log.atWarn().addKeyValue("endpoint", socket.endpoint()).setCause(e).log("replay request failed");
        }
    }

    private static void drain(Pipe.SourceChannel wakeUps) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(64);
        while (wakeUps.read(bytes) > 0) {
            bytes.clear();
        }
    }
}
