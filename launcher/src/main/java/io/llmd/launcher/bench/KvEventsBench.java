package io.llmd.launcher.bench;

import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * All figures of {@code llmd bench kv-events}: publishers on loopback send batches as engines do, each a prompt's blocks in one
 * event and as many removals of one block each; some blocks are looked for until they are there.
 */
final class KvEventsBench {

    /**
     * What is measured.
     *
     * @param publishers engines
     * @param eventsPerSecond stored and removed blocks of all of them together
     * @param rounds measurements
     * @param window length of a measurement; twice as long goes before all of them, to warm up
     * @param bootstrapServers Kafka brokers between the engines and the index; empty for none
     */
    record Settings(int publishers, int eventsPerSecond, int rounds, Duration window, String bootstrapServers) {}

    /** What was sent and is looked for. */
    record Sent(long key, long atNanos) {}

    private static final long LOOK_NANOS = 50_000;
    private static final long LOST_NANOS = TimeUnit.SECONDS.toNanos(20);
    /** What endpoints publish with. */
    private static final String PUBLISHER = "kv-events";

    private static final List<String> READERS = List.of("kv-", "zmq", "kafka-producer", "kafka-coordinator");

    private final Settings settings;
    private final PrintWriter progress;

    KvEventsBench(Settings settings, PrintWriter progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /** @throws BenchFailure when a block does not become visible, or batches were lost */
    List<GoalLine> run() throws InterruptedException {
        Queue<Sent> sent = new ConcurrentLinkedQueue<>();
        AtomicBoolean isOver = new AtomicBoolean();
        List<KvEventsPublisher> publishers = new ArrayList<>();
        for (int i = 0; i < settings.publishers(); i++) {
            publishers.add(new KvEventsPublisher(i, settings.eventsPerSecond() / settings.publishers(), sent, isOver));
        }
        List<Double> p50 = new ArrayList<>();
        List<Double> p99 = new ArrayList<>();
        List<Double> cores = new ArrayList<>();
        List<Double> rates = new ArrayList<>();
        try (KvEventsSubject subject = KvEventsSubject.open(settings.bootstrapServers(), publishers)) {
            subject.awaitConnected();
            List<Thread> threads =
                    publishers.stream().map(KvEventsPublisher::start).toList();
            look(subject, sent, settings.window().multipliedBy(2), new Histogram(3));
            for (int round = 0; round < settings.rounds(); round++) {
                Histogram nanos = new Histogram(3);
                long blocks = blocks(publishers);
                long cpu = readerCpuNanos();
                long begin = System.nanoTime();
                look(subject, sent, settings.window(), nanos);
                double seconds = (System.nanoTime() - begin) / 1e9;
                cores.add((readerCpuNanos() - cpu) / 1e9 / seconds);
                rates.add((blocks(publishers) - blocks) / seconds);
                p50.add(nanos.getValueAtPercentile(50) / 1e6);
                p99.add(nanos.getValueAtPercentile(99) / 1e6);
                progress.printf(
                        "round %d: %,.0f blocks/s, %.2f cores, visible after %.2f ms p50, %.2f ms p99, %d looked for%n",
                        round + 1,
                        rates.getLast(),
                        cores.getLast(),
                        p50.getLast(),
                        p99.getLast(),
                        nanos.getTotalCount());
                progress.flush();
            }
            isOver.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
            if (subject.lostBatches() > 0) {
                throw new BenchFailure("batches lost: " + subject.lostBatches() + " (expected: none)");
            }
        }
        boolean isDirect = settings.bootstrapServers().isEmpty();
        String way = isDirect ? "zmq" : "kafka";
        return List.of(
                GoalLine.reported("P13", way + ".blocks", Figure.of(rates), "1/s", null, 0),
                GoalLine.judged("P13", way + ".cores", Figure.of(cores), "", 0.5, null, 0),
                GoalLine.reported("P13", way + ".visible-p50", Figure.of(p50), "ms", null, 0),
                GoalLine.judged("P13", way + ".visible-p99", Figure.of(p99), "ms", isDirect ? 3 : 40, null, 0));
    }

    private static long blocks(List<KvEventsPublisher> publishers) {
        return publishers.stream().mapToLong(KvEventsPublisher::blocks).sum();
    }

    /** Looks for what is sent until the time is over, at most every {@value #LOOK_NANOS} ns. */
    private static void look(KvEventsSubject subject, Queue<Sent> sent, Duration window, Histogram nanos) {
        List<Sent> missing = new ArrayList<>();
        long end = System.nanoTime() + window.toNanos();
        for (long now = System.nanoTime(); now < end; now = System.nanoTime()) {
            for (Sent each = sent.poll(); each != null; each = sent.poll()) {
                missing.add(each);
            }
            for (Iterator<Sent> all = missing.iterator(); all.hasNext(); ) {
                Sent each = all.next();
                if (subject.isVisible(each.key())) {
                    nanos.recordValue(System.nanoTime() - each.atNanos());
                    all.remove();
                } else if (now - each.atNanos() > LOST_NANOS) {
                    throw new BenchFailure("a block that was stored is not visible after 20 s");
                }
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    /** CPU time of the threads that bring events from sockets to look-ups. */
    private static long readerCpuNanos() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long nanos = 0;
        for (ThreadInfo info : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (info != null
                    && !info.getThreadName().equals(PUBLISHER)
                    && READERS.stream().anyMatch(info.getThreadName()::startsWith)) {
                nanos += Math.max(0, threads.getThreadCpuTime(info.getThreadId()));
            }
        }
        return nanos;
    }
}
