package io.llmd.simulator.kvevents;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves any number of publishers with one thread, which encodes, sends and answers replay requests, and waits while there
 * is nothing to do. Safe from any thread.
 */
public final class KvEventLoop implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(KvEventLoop.class);

    private static final long CLOSE_MILLIS = 1000;

    private final EventSockets sockets = new EventSockets();
    private final Set<KvEventPublisher> publishers = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean isClosed = new AtomicBoolean();

    private KvEventLoop() {}

    public static KvEventLoop start() {
        KvEventLoop loop = new KvEventLoop();
        loop.sockets.start();
        return loop;
    }

    /**
     * Opens the sockets of one rank.
     *
     * @param rank data-parallel rank; moves the ports of both addresses up
     * @throws IllegalArgumentException for an address that cannot be used, such as one that is taken
     * @throws IllegalStateException when the loop is closed
     */
    public KvEventPublisher open(KvEventSettings settings, int rank) {
        if (isClosed.get()) {
            throw new IllegalStateException("the loop of KV events is closed");
        }
        ReplaySocket replay = replaySocket(settings, rank);
        LiveStream stream;
        try {
            stream = new LiveStream(
                    sockets,
                    new ZmqEndpoint(settings.endpoint()).forRank(rank),
                    settings,
                    replay == null ? null : replay.ring());
        } catch (RuntimeException e) {
            if (replay != null) {
                execute(replay::close);
            }
            throw e;
        }
        KvEventPublisher publisher = new KvEventPublisher(this, rank, settings.queueBatches(), stream, replay);
        publishers.add(publisher);
        return publisher;
    }

    private @Nullable ReplaySocket replaySocket(KvEventSettings settings, int rank) {
        String endpoint = settings.replay().endpoint();
        return endpoint == null
                ? null
                : new ReplaySocket(
                        sockets, new ZmqEndpoint(endpoint).forRank(rank), settings.topic(), settings.replay());
    }

    /** Closes all publishers and ends the thread, within a few seconds. */
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
            isEnded &= sockets.stop(CLOSE_MILLIS);
            if (!isEnded) {
                log.atWarn().log("KV event publishers have not closed in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void execute(Runnable turn) {
        sockets.execute(turn);
    }

    /** Lets the thread free the sockets of a publisher; the latch opens when it has. */
    CountDownLatch close(KvEventPublisher publisher) {
        publishers.remove(publisher);
        CountDownLatch closed = new CountDownLatch(1);
        execute(() -> {
            try {
                publisher.finish();
            } finally {
                closed.countDown();
            }
        });
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
