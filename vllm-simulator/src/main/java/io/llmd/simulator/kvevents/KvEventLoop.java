package io.llmd.simulator.kvevents;

import io.llmd.simulator.kvevents.ZmqSockets.Opened;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.ZContext;

/**
 * Serves any number of publishers with two threads of its own, one that encodes and sends and one that answers replay
 * requests, beside those of ZeroMQ. All of them wait while there is nothing to do. Safe from any thread.
 */
public final class KvEventLoop implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(KvEventLoop.class);

    private static final long CLOSE_MILLIS = 1000;

    private final ZContext context = new ZContext();
    private final ZmqSockets sockets = new ZmqSockets(context);
    private final ExecutorService sender = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("kv-events").factory());
    private final ReplayThread replayThread = new ReplayThread(context);
    private final Set<KvEventPublisher> publishers = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean isClosed = new AtomicBoolean();

    private KvEventLoop() {}

    public static KvEventLoop start() {
        KvEventLoop loop = new KvEventLoop();
        loop.replayThread.start();
        return loop;
    }

    /**
     * Opens the sockets of one rank.
     *
     * @param rank data-parallel rank; moves the ports of both addresses up
     * @throws IllegalArgumentException for an address that cannot be used, such as one that is taken
     */
    public KvEventPublisher open(KvEventSettings settings, int rank) {
        ReplaySocket replay = replaySocket(settings, rank);
        Opened live;
        try {
            live = sockets.publisher(new ZmqEndpoint(settings.endpoint()).forRank(rank), settings.highWaterMark());
        } catch (RuntimeException e) {
            if (replay != null) {
                replay.close();
            }
            throw e;
        }
        LiveStream stream = new LiveStream(
                live.socket(), settings.topic(), settings.format(), replay == null ? null : replay.ring());
        KvEventPublisher publisher =
                new KvEventPublisher(this, rank, settings.queueBatches(), live.address(), stream, replay);
        publishers.add(publisher);
        if (replay != null) {
            replayThread.add(replay);
        }
        return publisher;
    }

    private @Nullable ReplaySocket replaySocket(KvEventSettings settings, int rank) {
        ReplaySettings replay = settings.replay();
        String endpoint = replay.endpoint();
        if (endpoint == null) {
            return null;
        }
        // Room for one whole replay and its end marker: a router drops what does not fit.
        Opened opened = sockets.router(new ZmqEndpoint(endpoint).forRank(rank), replay.batches() + 1);
        ReplayRing ring = new ReplayRing(replay.batches(), replay.sizeBytes());
        return new ReplaySocket(opened.socket(), opened.address(), settings.topic(), replay.form(), ring);
    }

    /** Closes all publishers and ends the threads, within a few seconds. */
    @Override
    public void close() {
        if (!isClosed.compareAndSet(false, true)) {
            return;
        }
        List<CountDownLatch> closing =
                publishers.stream().map(KvEventPublisher::beginClose).toList();
        try {
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_MILLIS);
            boolean isEnded = true;
            for (CountDownLatch closed : closing) {
                isEnded &= closed.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            }
            sender.shutdown();
            isEnded &= sender.awaitTermination(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
            isEnded &= replayThread.stop(CLOSE_MILLIS);
            if (isEnded) {
                context.close();
            } else {
                log.atWarn().log("KV event publishers have not closed in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void execute(Runnable turn) {
        try {
            sender.execute(turn);
        } catch (RejectedExecutionException e) {
            log.atDebug().log("KV events after the loop was closed");
        }
    }

    /** Lets both threads free the sockets of a publisher; the latch opens when they have. */
    CountDownLatch close(KvEventPublisher publisher) {
        publishers.remove(publisher);
        ReplaySocket replay = publisher.replay();
        CountDownLatch closed = new CountDownLatch(replay == null ? 1 : 2);
        execute(() -> {
            publisher.finish();
            closed.countDown();
        });
        if (replay != null) {
            replayThread.remove(replay, closed);
        }
        return closed;
    }

    static void await(CountDownLatch closed, String endpoint) {
        try {
            if (!closed.await(CLOSE_MILLIS, TimeUnit.MILLISECONDS)) {
                log.atWarn().addKeyValue("endpoint", endpoint).log("KV event publisher has not closed in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
