package io.llmd.kv.ingest.zmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llmd.kv.ingest.LaneFeedSettings;
import io.llmd.kv.ingest.LaneTarget;
import io.llmd.kv.ingest.SourceState;
import io.llmd.kv.ingest.zmq.FakePublisher.Shape;
import io.llmd.kv.zmtp.LinkEnd;
import io.llmd.testsupport.FreePorts;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sources over real sockets, published by JeroMQ or by nobody who speaks ZMTP. */
@Timeout(60)
class ZmqSourcesIT {

    private static final LaneFeedSettings QUICK =
            LaneFeedSettings.DEFAULT.withReplay(Duration.ofMillis(300), Duration.ofMillis(50), 3);

    private final ZmqSources sources = new ZmqSources(ZmtpSettings.DEFAULT
            .withBackoff(Duration.ofMillis(20), Duration.ofMillis(200))
            .withHandshakeTimeout(Duration.ofMillis(800)));
    private final Target target = new Target();

    @AfterEach
    void close() {
        sources.close();
    }

    @ParameterizedTest
    @Tag("kv-index-29")
    @Tag("kv-index-30")
    @EnumSource(
            value = Shape.class,
            names = {"WITHOUT_TOPIC", "WITH_TOPIC"})
    void lostBatchesAreAskedForInEitherShape(Shape shape) {
        try (FakePublisher publisher = new FakePublisher(shape)) {
            follow(publisher);
            publisher.publish(5, payload(5));
            await().untilAsserted(() -> assertThat(target.log).endsWith("batch 5 p5"));
            publisher.publish(6, payload(6));
            publisher.lose(7, payload(7));
            publisher.lose(8, payload(8));
            publisher.publish(9, payload(9));
            await().untilAsserted(() ->
                    assertThat(target.log).endsWith("batch 6 p6", "batch 7 p7", "batch 8 p8", "batch 9 p9"));
            await().untilAsserted(() -> {
                assertThat(status().state()).isEqualTo(SourceState.EXACT);
                assertThat(status().counters().gaps()).isEqualTo(2);
            });
            assertThat(status().topic()).isEqualTo("kv@10.0.0.7:8000@m");
        }
    }

    @Test
    void warmPublisherIsTakenFromItsMemory() {
        try (FakePublisher publisher = new FakePublisher(Shape.WITH_TOPIC)) {
            LongStream.range(100, 3100).forEach(sequence -> publisher.lose(sequence, payload(sequence)));
            follow(publisher);
            await().untilAsserted(() -> assertThat(target.log).hasSize(3001));
            assertThat(target.log).startsWith("partial", "batch 100 p100").endsWith("batch 3099 p3099");
            publisher.publish(3100, payload(3100));
            await().untilAsserted(() -> assertThat(target.log).endsWith("batch 3100 p3100"));
        }
    }

    @Test
    void largeBatchArrivesWhole() {
        byte[] payload = new byte[9 << 20];
        payload[payload.length - 1] = 7;
        try (FakePublisher publisher = new FakePublisher(Shape.WITH_TOPIC)) {
            follow(publisher);
            publisher.publish(0, payload);
            await().untilAsserted(() -> assertThat(target.bytes).isEqualTo(payload.length));
        }
    }

    @Test
    @Tag("fault-F39")
    void restartOfAPublisherIsANewEpochAndItsBatchesAreAskedFor() {
        int port;
        int replayPort;
        try (FakePublisher publisher = new FakePublisher(Shape.WITH_TOPIC)) {
            port = publisher.address().port();
            replayPort = publisher.replayAddress().port();
            follow(publisher);
            LongStream.range(0, 51).forEach(sequence -> publisher.publish(sequence, payload(sequence)));
            await().untilAsserted(() -> assertThat(target.log).endsWith("batch 50 p50"));
        }
        await().untilAsserted(() -> assertThat(status().isConnected()).isFalse());
        try (FakePublisher publisher = new FakePublisher(Shape.WITH_TOPIC, port, replayPort)) {
            LongStream.range(0, 60)
                    .forEach(
                            sequence -> publisher.lose(sequence, ("q" + sequence).getBytes(StandardCharsets.US_ASCII)));
            await().untilAsserted(() -> assertThat(target.log).endsWith("batch 59 q59"));
            int epoch = target.log.indexOf("epoch 1");
            assertThat(target.log.get(epoch - 1)).isEqualTo("batch 50 p50");
            assertThat(target.log.get(epoch + 1)).isEqualTo("complete");
            assertThat(target.log.subList(epoch, target.log.size())).contains("batch 0 q0");
        }
    }

    @Test
    void connectionThatBreaksIsTakenUpWhereItStopped() {
        int port;
        int replayPort;
        try (FakePublisher publisher = new FakePublisher(Shape.WITHOUT_TOPIC)) {
            port = publisher.address().port();
            replayPort = publisher.replayAddress().port();
            follow(publisher);
            publisher.publish(0, payload(0));
            await().untilAsserted(() -> assertThat(target.log).endsWith("batch 0 p0"));
        }
        try (FakePublisher publisher = new FakePublisher(Shape.WITHOUT_TOPIC, port, replayPort)) {
            publisher.lose(0, payload(0));
            publisher.lose(1, payload(1));
            await().untilAsserted(() -> assertThat(target.log).endsWith("batch 1 p1"));
            assertThat(target.log).filteredOn(line -> line.startsWith("epoch")).hasSizeLessThanOrEqualTo(1);
        }
    }

    @Test
    @Tag("kv-index-37")
    void silentReplayEndsAndLiveBatchesGoOn() {
        try (FakePublisher publisher = new FakePublisher(Shape.SILENT)) {
            follow(publisher);
            publisher.publish(10, payload(10));
            publisher.publish(11, payload(11));
            await().untilAsserted(() -> assertThat(target.log).endsWith("batch 10 p10", "batch 11 p11"));
            await().untilAsserted(() -> assertThat(status().state()).isEqualTo(SourceState.DEGRADED));
            assertThat(publisher.requests()).isEqualTo(3);
            publisher.shape(Shape.WITH_TOPIC);
            publisher.lose(12, payload(12));
            publisher.publish(13, payload(13));
            await().untilAsserted(() -> assertThat(target.log).endsWith("batch 12 p12", "batch 13 p13"));
            await().untilAsserted(() -> assertThat(status().state()).isEqualTo(SourceState.EXACT));
        }
    }

    @Test
    @Tag("bad-input-B87")
    void messagesThatAreNoBatchesAreCountedAndTheConnectionStays() {
        try (FakePublisher publisher = new FakePublisher(Shape.WITH_TOPIC)) {
            follow(publisher);
            byte[] topic = {'k'};
            publisher.send(topic);
            publisher.send(topic, FakePublisher.sequence(0));
            publisher.send(topic, FakePublisher.sequence(0), payload(0), payload(0));
            publisher.send(topic, new byte[7], payload(0));
            publisher.send(topic, FakePublisher.sequence(0), new byte[0]);
            publisher.publish(0, payload(0));
            await().untilAsserted(() -> assertThat(target.log).endsWith("batch 0 p0"));
            await().untilAsserted(
                            () -> assertThat(status().counters().malformed()).isEqualTo(5));
            assertThat(status().counters().connections()).isEqualTo(1);
        }
    }

    @Test
    void topicsAreFilteredByThePublisher() {
        try (FakePublisher publisher = new FakePublisher(Shape.WITH_TOPIC)) {
            sources.add(source(publisher).withTopicPrefix("kv@"), target);
            assertThat(new String(publisher.awaitSubscription(), StandardCharsets.US_ASCII))
                    .isEqualTo("\u0001kv@");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "485454502f312e3120343030204261642052657175657374",
                "ff00000000000000017f0100",
                "GREETING 02ffffffffffffffff",
                "GREETING 08000000",
                "GREETING 0419055245414459 0b536f636b65742d54797065 00000003535542",
                "GREETING 0419055245414459 0b536f636b65742d54797065 ffffffff505542",
                "GREETING 0003010203",
                "GREETING READY 02000000000fffffff",
                "GREETING READY 020000000005000000"
            })
    void peerThatSendsGarbageDoesNotTouchTheOthers(String hex) throws Exception {
        try (FakePublisher publisher = new FakePublisher(Shape.WITH_TOPIC);
                GarbagePeer garbage = new GarbagePeer(hex)) {
            sources.add(
                    ZmqSource.of("garbage", 0, garbage.address(), garbage.address())
                            .withSettings(QUICK),
                    new Target());
            follow(publisher);
            await().until(() -> garbage.connections() >= 3);
            publisher.publish(0, payload(0));
            await().untilAsserted(() -> assertThat(target.log).endsWith("batch 0 p0"));
            await().untilAsserted(() ->
                    assertThat(sources.sources().getLast().connectionEnds()).isGreaterThanOrEqualTo(2));
            assertThat(sources.sources().getLast().counters().batches()).isZero();
        }
    }

    @Test
    void pingIsAnsweredAndSilentHandshakeIsGivenUp() throws Exception {
        String ping = "GREETING READY 0409 0450494e47 0064 abcd";
        try (GarbagePeer peer = new GarbagePeer(ping)) {
            sources.add(ZmqSource.of("a", 0, peer.address(), null), target);
            await().until(() -> peer.received().endsWith("0407" + "04504f4e47abcd"));
        }
        try (GarbagePeer peer = new GarbagePeer("")) {
            sources.add(ZmqSource.of("b", 0, peer.address(), null), target);
            await().untilAsserted(() ->
                    assertThat(sources.sources().getLast().lastEnd()).isEqualTo(LinkEnd.HANDSHAKE_TIMEOUT));
            await().until(() -> peer.connections() >= 2);
        }
    }

    @Test
    void unknownHostAndClosedPortAreDialledAgain() throws Exception {
        sources.add(ZmqSource.of("a", 0, new ZmqAddress("no-such-host.invalid", 1), null), target);
        sources.add(ZmqSource.of("b", 0, new ZmqAddress("127.0.0.1", FreePorts.next()), null), target);
        await().untilAsserted(() -> assertThat(sources.sources())
                .allSatisfy(status -> assertThat(status.connectionEnds()).isGreaterThan(2)));
        assertThat(sources.sources().getLast().lastEnd()).isEqualTo(LinkEnd.UNREACHABLE);
        assertThat(sources.sources().getLast().state()).isEqualTo(SourceState.CATCHING_UP);
    }

    @Test
    void failingTargetDoesNotStopItsSourceOrOthers() {
        Target failing = new Target();
        failing.isFailing = true;
        try (FakePublisher first = new FakePublisher(Shape.WITH_TOPIC);
                FakePublisher second = new FakePublisher(Shape.WITH_TOPIC)) {
            sources.add(
                    ZmqSource.of("b", 0, first.address(), first.replayAddress()).withSettings(QUICK), failing);
            first.awaitSubscription();
            follow(second);
            first.publish(0, payload(0));
            first.publish(1, payload(1));
            second.publish(0, payload(0));
            await().untilAsserted(() -> assertThat(target.log).endsWith("batch 0 p0"));
            await().untilAsserted(() -> assertThat(
                            sources.sources().getLast().counters().targetFailures())
                    .isEqualTo(2));
        }
    }

    @Test
    void sourceIsAddedOnceAndRemovedForGood() throws Exception {
        try (FakePublisher publisher = new FakePublisher(Shape.WITH_TOPIC)) {
            follow(publisher);
            assertThatThrownBy(() -> sources.add(source(publisher), target))
                    .isInstanceOf(IllegalArgumentException.class);
            publisher.publish(0, payload(0));
            await().untilAsserted(() -> assertThat(target.log).endsWith("batch 0 p0"));
            sources.remove("a", 0).get(30, TimeUnit.SECONDS);
            sources.remove("a", 0).get(30, TimeUnit.SECONDS);
            publisher.publish(1, payload(1));
            assertThat(sources.sources()).isEmpty();
            assertThat(target.log).endsWith("batch 0 p0");
            follow(publisher);
            await().untilAsserted(() -> assertThat(target.log).endsWith("batch 1 p1"));
        }
    }

    @Test
    void manySourcesShareOneThread() {
        List<FakePublisher> publishers = new ArrayList<>();
        try {
            Target all = new Target();
            for (int i = 0; i < 20; i++) {
                FakePublisher publisher = new FakePublisher(Shape.WITH_TOPIC);
                publishers.add(publisher);
                sources.add(ZmqSource.of("p" + i, i, publisher.address(), publisher.replayAddress()), all);
            }
            publishers.forEach(FakePublisher::awaitSubscription);
            for (int sequence = 0; sequence < 200; sequence++) {
                for (FakePublisher publisher : publishers) {
                    publisher.publish(sequence, payload(sequence));
                }
            }
            await().untilAsserted(() -> assertThat(all.log)
                    .filteredOn(line -> line.startsWith("batch"))
                    .hasSize(20 * 200));
            assertThat(all.threads).hasSize(1);
        } finally {
            publishers.forEach(FakePublisher::close);
        }
    }

    @Test
    void nothingWorksAfterCloseAndNothingHangs() throws Exception {
        try (FakePublisher publisher = new FakePublisher(Shape.WITH_TOPIC)) {
            follow(publisher);
            sources.close();
            sources.add(ZmqSource.of("late", 0, publisher.address(), null), target);
            sources.remove("a", 0).get(30, TimeUnit.SECONDS);
            sources.remove("late", 0).get(30, TimeUnit.SECONDS);
            sources.close();
        }
    }

    private void follow(FakePublisher publisher) {
        sources.add(source(publisher), target);
        publisher.awaitSubscription();
        await().untilAsserted(() -> assertThat(status().isConnected()).isTrue());
    }

    private static ZmqSource source(FakePublisher publisher) {
        return ZmqSource.of("a", 0, publisher.address(), publisher.replayAddress())
                .withSettings(QUICK);
    }

    private SourceStatus status() {
        return sources.sources().getFirst();
    }

    private static byte[] payload(long sequence) {
        return ("p" + sequence).getBytes(StandardCharsets.US_ASCII);
    }

    private static final class Target implements LaneTarget {
        private final List<String> log = new CopyOnWriteArrayList<>();
        private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
        private volatile long bytes;
        private volatile boolean isFailing;

        @Override
        public int batch(long sequence, byte[] payload, int from, int to) {
            threads.add(Thread.currentThread());
            if (isFailing) {
                throw new IllegalStateException("told to fail");
            }
            bytes += to - from;
            log.add("batch " + sequence + " "
                    + new String(payload, from, Math.min(to - from, 20), StandardCharsets.US_ASCII));
            return -1;
        }

        @Override
        public void newEpoch(int epoch) {
            log.add("epoch " + epoch);
        }

        @Override
        public void clear() {
            log.add("clear");
        }

        @Override
        public void coverage(boolean isComplete) {
            log.add(isComplete ? "complete" : "partial");
        }
    }

    /** Accepts connections, sends the same bytes on each and reads what comes. */
    private static final class GarbagePeer implements AutoCloseable {
        private static final String GREETING = "ff00000000000000017f03014e554c4c" + "00".repeat(48);
        private static final String READY = "0419055245414459" + "0b536f636b65742d5479706500000003505542";

        private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final byte[] bytes;
        private final StringBuffer received = new StringBuffer();
        private volatile int connections;

        GarbagePeer(String hex) throws IOException {
            bytes = HexFormat.of()
                    .parseHex(hex.replace("GREETING", GREETING)
                            .replace("READY", READY)
                            .replace(" ", ""));
            Thread.ofVirtual().start(this::accept);
        }

        ZmqAddress address() {
            return new ZmqAddress("127.0.0.1", server.getLocalPort());
        }

        int connections() {
            return connections;
        }

        String received() {
            return received.toString();
        }

        private void accept() {
            try {
                while (true) {
                    Socket socket = server.accept();
                    connections++;
                    Thread.ofVirtual().start(() -> serve(socket));
                }
            } catch (IOException e) {
                // closed: there is nobody to tell
            }
        }

        private void serve(Socket socket) {
            try (socket) {
                OutputStream out = socket.getOutputStream();
                out.write(bytes);
                out.flush();
                byte[] buffer = new byte[4096];
                int count = socket.getInputStream().read(buffer);
                while (count >= 0) {
                    received.append(HexFormat.of().formatHex(buffer, 0, count));
                    count = socket.getInputStream().read(buffer);
                }
            } catch (IOException e) {
                received.append("|");
            }
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }
}
