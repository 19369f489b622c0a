package io.llmd.simulator.kvevents;

import io.llmd.kv.event.KvEvent;
import io.llmd.kv.event.KvEventBatch;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes the KV events of one engine rank; get one from {@link KvEventLoop#open}. {@link #publish} hands batches to
 * the loop's thread and never waits for it, nor for any subscriber. All other methods are safe from any thread.
 */
public final class KvEventPublisher implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(KvEventPublisher.class);

    /** Batches of one rank before the others get their turn. */
    private static final int BATCHES_PER_TURN = 64;

    private record Outgoing(long sequence, KvEventBatch batch, Fate fate) {}

    private final KvEventLoop loop;
    private final int rank;
    private final String endpoint;
    private final LiveStream stream;
    private final @Nullable ReplaySocket replay;

    private final BlockingQueue<Outgoing> queue;
    private final Runnable turn = this::takeTurn;
    private final AtomicBoolean isScheduled = new AtomicBoolean();
    private final AtomicBoolean isClosed = new AtomicBoolean();
    private final AtomicLong sequence = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private volatile FaultDice dice = new FaultDice(KvEventFaults.NONE);

    KvEventPublisher(KvEventLoop loop, int rank, int queueBatches, LiveStream stream, @Nullable ReplaySocket replay) {
        this.loop = loop;
        this.rank = rank;
        endpoint = stream.address();
        this.stream = stream;
        this.replay = replay;
        queue = new LinkedBlockingQueue<>(queueBatches);
    }

    /**
     * Publishes the events of one engine step; nothing when there are none. For one thread at a time. A batch that finds
     * the queue full, or the publisher closed, is lost: it is counted and its sequence number stays unused.
     */
    public void publish(double timestampSeconds, List<KvEvent> events) {
        if (events.isEmpty()) {
            return;
        }
        Fate fate = dice.next();
        if (fate == Fate.SKIP) {
            sequence.incrementAndGet();
        }
        long number = sequence.getAndIncrement();
        KvEventBatch batch = new KvEventBatch(timestampSeconds, events, rank);
        if (isClosed.get() || !queue.offer(new Outgoing(number, batch, fate))) {
            dropped.incrementAndGet();
            return;
        }
        schedule();
    }

    /** Sets what goes wrong from the next batch on, and sends a batch that a former fault holds back. */
    public void faults(KvEventFaults faults) {
        dice = new FaultDice(faults);
        if (!isClosed.get()) {
            schedule();
        }
    }

    /** The sequence number of the next batch. */
    public long sequence() {
        return sequence.get();
    }

    /** Batches that were lost because the queue was full or the publisher closed; faults do not count. */
    public long dropped() {
        return dropped.get();
    }

    /** Where subscribers connect to, with the port that was taken; the address dialled when it is not bound. */
    public String endpoint() {
        return endpoint;
    }

    /** The port of {@link #endpoint()}, which must be a TCP address. */
    public int port() {
        return ZmqEndpoint.portNumber(endpoint);
    }

    /** Where replay is asked for, with the port that was taken; null without replay. */
    public @Nullable String replayEndpoint() {
        return replay == null ? null : replay.endpoint();
    }

    public int rank() {
        return rank;
    }

    /** Sends what waits in the queue and frees the sockets; waits a second for it. */
    @Override
    public void close() {
        KvEventLoop.await(beginClose(), endpoint);
    }

    /** Closes without waiting; the latch opens when it is done. */
    CountDownLatch beginClose() {
        return isClosed.compareAndSet(false, true) ? loop.close(this) : new CountDownLatch(0);
    }

    /** The last turn: on the loop's thread. */
    void finish() {
        try {
            drain(Integer.MAX_VALUE);
            stream.release();
        } finally {
            stream.close();
            if (replay != null) {
                replay.close();
            }
        }
    }

    private void schedule() {
        if (isScheduled.compareAndSet(false, true)) {
            loop.execute(turn);
        }
    }

    private void takeTurn() {
        try {
            drain(BATCHES_PER_TURN);
            if (queue.isEmpty() && !dice.mayReorder()) {
                stream.release();
            }
        } finally {
            isScheduled.set(false);
        }
        if (!queue.isEmpty()) {
            schedule();
        }
    }

    private void drain(int most) {
        for (int i = 0; i < most; i++) {
            Outgoing next = queue.poll();
            if (next == null) {
                return;
            }
            send(next);
        }
    }

    private void send(Outgoing next) {
        try {
            stream.send(next.sequence(), next.batch(), next.fate());
        } catch (RuntimeException e) {
            dropped.incrementAndGet();
            log.atWarn().addKeyValue("endpoint", endpoint).setCause(e).log("KV event batch could not be sent");
        }
    }
}
