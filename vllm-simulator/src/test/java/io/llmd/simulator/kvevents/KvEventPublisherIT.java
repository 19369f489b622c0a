package io.llmd.simulator.kvevents;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.kv.event.KvEvent;
import io.llmd.kv.event.KvEvent.AllBlocksCleared;
import io.llmd.kv.event.KvEvent.BlockRemoved;
import io.llmd.kv.event.KvEvent.BlockStored;
import io.llmd.kv.event.KvEventBatch;
import io.llmd.kv.event.KvEventEncoder;
import io.llmd.kv.event.KvEventFormat;
import io.llmd.kv.event.TokenIds;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.zmtp.ZmtpWire;
import io.llmd.simulator.kvevents.KvEventClient.Message;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Publisher, subscriber and replay client over real sockets. */
@Timeout(60)
class KvEventPublisherIT {

    private static final String FREE_PORT = "tcp://127.0.0.1:*";
    private static final String TOPIC = "kv@10.0.0.7:8000@sim-8b";
    private static final KvEventSettings SETTINGS =
            KvEventSettings.DEFAULT.withEndpoint(FREE_PORT).withTopic(TOPIC).withReplay(ReplaySettings.at(FREE_PORT));
    private static final List<KvEvent> CLEARED = List.of(new AllBlocksCleared());

    private final KvEventLoop loop = KvEventLoop.start();
    private final List<AutoCloseable> clients = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable client : clients) {
            client.close();
        }
        loop.close();
    }

    @Test
    void batchArrivesAsTopicSequenceAndPayload() {
        KvEventPublisher publisher = loop.open(SETTINGS, 0);
        KvEventClient subscriber = subscribed(publisher, "");
        long sequence = publisher.sequence();
        List<KvEvent> events = List.of(
                BlockRemoved.of(BlockHashes.ofIds(-3)).withGroupIndex(0),
                BlockStored.of(BlockHashes.ofIds(1, -2), null, TokenIds.of(1, 2, 3, 4), 2));

        publisher.publish(1700000000.5, events);

        Message message = subscriber.receive();
        assertThat(message.topic()).isEqualTo(TOPIC);
        assertThat(message.sequence()).isEqualTo(sequence);
        assertThat(message.payload())
                .isEqualTo(new KvEventEncoder(KvEventFormat.MAP).encode(new KvEventBatch(1700000000.5, events, 0)));
        assertThat(publisher.sequence()).isEqualTo(sequence + 1);
        assertThat(publisher.endpoint()).isEqualTo("tcp://127.0.0.1:" + publisher.port());
    }

    @Test
    void firstBatchHasSequenceZero() {
        KvEventPublisher publisher = loop.open(SETTINGS, 0);
        assertThat(publisher.sequence()).isZero();
        publisher.publish(1, CLEARED);
        await("first batch in the ring").until(() -> replay(publisher, 0).equals(List.of(0L)));
    }

    @Test
    void stepWithoutEventsPublishesNothing() {
        KvEventPublisher publisher = loop.open(SETTINGS, 0);
        publisher.publish(1, List.of());
        assertThat(publisher.sequence()).isZero();
    }

    @Test
    void rankStandsInTheBatch() {
        KvEventPublisher publisher = loop.open(SETTINGS, 3);
        KvEventClient subscriber = subscribed(publisher, "");
        publisher.publish(1, CLEARED);
        assertThat(subscriber.receive().payload()).endsWith(3);
        assertThat(publisher.rank()).isEqualTo(3);
    }

    @Test
    void subscriberGetsTopicsWithItsPrefixOnly() {
        KvEventPublisher publisher = loop.open(SETTINGS, 0);
        KvEventClient other = client(KvEventClient.subscribe(publisher.endpoint(), "kv@10.0.0.8"));
        KvEventClient same = subscribed(publisher, "kv@10.0.0.7");
        publishMany(publisher, 10);
        assertThat(same.sequences(10)).hasSize(10);
        assertThat(other.receiveWithin(200)).isNull();
    }

    @Test
    void publisherDialsAnAddressWithoutWildcard() {
        KvEventClient subscriber = client(KvEventClient.subscribeBound());
        KvEventPublisher publisher =
                loop.open(SETTINGS.withEndpoint(subscriber.endpoint()).withReplay(ReplaySettings.OFF), 0);
        awaitSubscribed(publisher, subscriber);
        publisher.publish(1, CLEARED);
        assertThat(subscriber.receive().sequence()).isEqualTo(publisher.sequence() - 1);
    }

    @Test
    void replayFromTheMiddleEndsWithAMarker() {
        KvEventPublisher publisher = loop.open(SETTINGS, 0);
        publishMany(publisher, 10);
        awaitReplayed(publisher, 9);

        List<List<byte[]>> replies =
                client(KvEventClient.replay(publisher.replayEndpoint())).replayFrom(7);

        assertThat(replies).hasSize(4);
        assertThat(replies.get(0)).containsExactly(new byte[0], TOPIC.getBytes(UTF_8), SequenceFrame.of(7), payload(7));
        assertThat(replies.get(2)).containsExactly(new byte[0], TOPIC.getBytes(UTF_8), SequenceFrame.of(9), payload(9));
        assertThat(replies.get(3)).containsExactly(new byte[0], new byte[0], SequenceFrame.end(), new byte[0]);
    }

    @Test
    void olderFormOfReplayHasNoTopic() {
        KvEventPublisher publisher =
                loop.open(SETTINGS.withReplay(ReplaySettings.at(FREE_PORT).withForm(ReplayForm.WITHOUT_TOPIC)), 0);
        publishMany(publisher, 3);
        awaitReplayed(publisher, 2);

        List<List<byte[]>> replies =
                client(KvEventClient.replay(publisher.replayEndpoint())).replayFrom(2);

        assertThat(replies).hasSize(2);
        assertThat(replies.get(0)).containsExactly(new byte[0], SequenceFrame.of(2), payload(2));
        assertThat(replies.get(1)).containsExactly(new byte[0], SequenceFrame.end(), new byte[0]);
    }

    @Test
    void replayOfBatchesThatAreGoneBeginsLater() {
        KvEventPublisher publisher =
                loop.open(SETTINGS.withReplay(ReplaySettings.at(FREE_PORT).withBatches(4)), 0);
        publishMany(publisher, 10);
        awaitReplayed(publisher, 9);
        assertThat(replay(publisher, 2)).containsExactly(6L, 7L, 8L, 9L);
    }

    @Test
    void replayAboveTheNewestBatchIsTheEndMarkerAlone() {
        KvEventPublisher publisher = loop.open(SETTINGS, 0);
        publishMany(publisher, 3);
        awaitReplayed(publisher, 2);
        assertThat(replay(publisher, 3)).isEmpty();
    }

    @Test
    void replayBeforeTheFirstBatchIsTheEndMarkerAlone() {
        assertThat(replay(loop.open(SETTINGS, 0), 0)).isEmpty();
    }

    @Test
    void wholeRingIsReplayedInOrder() {
        KvEventPublisher publisher = loop.open(SETTINGS, 0);
        publishMany(publisher, 10_050);
        awaitReplayed(publisher, 10_049);
        assertThat(replay(publisher, 0))
                .isEqualTo(LongStream.range(50, 10_050).boxed().toList());
    }

    @Test
    void malformedReplayRequestIsIgnored() {
        KvEventPublisher publisher = loop.open(SETTINGS, 0);
        KvEventClient client = client(KvEventClient.replay(publisher.replayEndpoint()));
        client.request(SequenceFrame.of(0));
        client.request(new byte[0], SequenceFrame.of(0), new byte[0], new byte[0], new byte[0], new byte[0]);
        assertThat(client.replayFrom(0)).hasSize(1);
        assertThat(client.receiveWithin(100)).isNull();
    }

    @Test
    void gapAfterADropIsVisibleAndReplayRepairsIt() {
        KvEventPublisher publisher = loop.open(SETTINGS, 0);
        KvEventClient subscriber = subscribed(publisher, "");
        long next = publisher.sequence();

        publisher.publish(0, CLEARED);
        publisher.faults(KvEventFaults.dropNext(2));
        publishMany(publisher, 3);

        assertThat(subscriber.sequences(2)).containsExactly(next, next + 3);
        assertThat(replay(publisher, next + 1)).containsExactly(next + 1, next + 2, next + 3);
        assertThat(publisher.dropped()).isZero();
    }

    @Test
    void skippedSequenceNumberIsAGapThatReplayLeaves() {
        KvEventPublisher publisher = loop.open(SETTINGS, 0);
        KvEventClient subscriber = subscribed(publisher, "");
        long next = publisher.sequence();

        publisher.faults(KvEventFaults.skipNext(1));
        publishMany(publisher, 2);

        assertThat(subscriber.sequences(2)).containsExactly(next + 1, next + 2);
        assertThat(replay(publisher, next)).containsExactly(next + 1, next + 2);
    }

    @Test
    void duplicatedBatchComesTwice() {
        KvEventPublisher publisher = loop.open(SETTINGS, 0);
        KvEventClient subscriber = subscribed(publisher, "");
        long next = publisher.sequence();

        publisher.faults(KvEventFaults.duplicateNext(1));
        publishMany(publisher, 2);

        assertThat(subscriber.sequences(3)).containsExactly(next, next, next + 1);
        assertThat(replay(publisher, next)).containsExactly(next, next + 1);
    }

    @Test
    void reorderedBatchComesAfterTheNext() {
        KvEventPublisher publisher = loop.open(SETTINGS, 0);
        KvEventClient subscriber = subscribed(publisher, "");
        long next = publisher.sequence();

        publisher.faults(KvEventFaults.reorderNext(1));
        publishMany(publisher, 3);

        assertThat(subscriber.sequences(3)).containsExactly(next + 1, next, next + 2);
        assertThat(replay(publisher, next)).containsExactly(next, next + 1, next + 2);
    }

    @Test
    void batchThatIsHeldBackComesWhenFaultsAreSwitchedOff() {
        KvEventPublisher publisher = loop.open(SETTINGS, 0);
        KvEventClient subscriber = subscribed(publisher, "");
        long next = publisher.sequence();

        publisher.faults(KvEventFaults.reorderNext(1));
        publisher.publish(0, CLEARED);
        assertThat(subscriber.receiveWithin(100)).isNull();
        publisher.faults(KvEventFaults.NONE);

        assertThat(subscriber.receive().sequence()).isEqualTo(next);
    }

    @Test
    void subscriberThatNeverReadsSlowsNobody() {
        KvEventPublisher publisher = loop.open(SETTINGS.withHighWaterMark(10), 0);
        KvEventClient idle = subscribed(publisher, "");
        long next = publisher.sequence();
        List<KvEvent> large =
                List.of(BlockStored.of(BlockHashes.ofIds(new long[512]), null, TokenIds.of(new int[8192]), 16));

        for (int i = 0; i < 5000; i++) {
            publisher.publish(0, large);
        }

        awaitReplayed(publisher, next + 4999);
        assertThat(publisher.dropped()).isZero();
        assertThat(idle.receive().sequence()).isEqualTo(next);
    }

    @Test
    void fullQueueLosesBatchesAndBurnsTheirNumbers() {
        KvEventPublisher publisher = loop.open(SETTINGS.withQueueBatches(4), 0);
        KvEventClient subscriber = subscribed(publisher, "");
        long next = publisher.sequence();
        CountDownLatch busy = holdLoop();

        publishMany(publisher, 10);
        busy.countDown();

        assertThat(publisher.dropped()).isEqualTo(6);
        assertThat(subscriber.sequences(4)).containsExactly(next, next + 1, next + 2, next + 3);
        publisher.publish(0, CLEARED);
        assertThat(subscriber.receive().sequence()).isEqualTo(next + 10);
        assertThat(replay(publisher, next)).containsExactly(next, next + 1, next + 2, next + 3, next + 10);
    }

    @Test
    void localAddressIsASocketFileThatGoesWithItsPublisher(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("events");
        KvEventPublisher publisher =
                loop.open(SETTINGS.withEndpoint("ipc://" + file).withReplay(ReplaySettings.OFF), 0);
        try (SocketChannel peer = SocketChannel.open(UnixDomainSocketAddress.of(file))) {
            peer.write(ByteBuffer.wrap(ZmtpWire.greeting()));
            ByteBuffer greeting = ByteBuffer.allocate(ZmtpWire.greeting().length);
            while (greeting.hasRemaining()) {
                assertThat(peer.read(greeting)).isPositive();
            }
            assertThat(greeting.array()).isEqualTo(ZmtpWire.greeting());
        }
        publisher.close();
        assertThat(file).doesNotExist();
    }

    static Stream<byte[]> strangers() {
        byte[] greeting = ZmtpWire.greeting();
        byte[] pull = ZmtpWire.frame(ZmtpWire.COMMAND, "\5READY\13Socket-Type\0\0\0\4PULL".getBytes(UTF_8));
        return Stream.of(
                "GET / HTTP/1.1\r\n\r\n".getBytes(UTF_8),
                concat(greeting, pull),
                concat(greeting, ZmtpWire.message(new byte[5000])));
    }

    @ParameterizedTest
    @MethodSource("strangers")
    void strangersAreSentAway(byte[] bytes) throws IOException {
        KvEventPublisher publisher = loop.open(SETTINGS, 0);
        KvEventClient subscriber = subscribed(publisher, "");
        try (SocketChannel stranger = SocketChannel.open(new InetSocketAddress("127.0.0.1", publisher.port()))) {
            stranger.write(ByteBuffer.wrap(bytes));
            awaitClosed(stranger);
        }
        publisher.publish(0, CLEARED);
        assertThat(subscriber.receive().sequence()).isEqualTo(publisher.sequence() - 1);
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    /** Until the end of the stream, or a reset, which is one too. */
    private static void awaitClosed(SocketChannel channel) {
        ByteBuffer read = ByteBuffer.allocate(256);
        try {
            while (channel.read(read.clear()) >= 0) {
                // what comes before the end does not matter
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("reset");
        }
    }

    @Test
    void closedPublisherCountsWhatItLoses() {
        KvEventPublisher publisher = loop.open(SETTINGS, 0);
        publisher.close();
        publisher.close();
        publisher.faults(KvEventFaults.NONE);
        publisher.publish(0, CLEARED);
        assertThat(publisher.dropped()).isEqualTo(1);
    }

    @Test
    void closeSendsWhatWaitsAndFreesThePorts() {
        KvEventPublisher first = loop.open(SETTINGS, 0);
        KvEventClient subscriber = subscribed(first, "");
        CountDownLatch busy = new CountDownLatch(1);
        loop.execute(() -> awaitUninterrupted(busy));
        long next = first.sequence();
        publishMany(first, 100);
        busy.countDown();
        assertThat(subscriber.sequences(1)).containsExactly(next);

        first.close();

        assertThat(subscriber.sequences(99)).hasSize(99);
        KvEventSettings same =
                SETTINGS.withEndpoint(wildcard(first.endpoint())).withReplay(ReplaySettings.at(first.replayEndpoint()));
        await("ports are free").ignoreExceptions().until(() -> loop.open(same, 0) != null);
    }

    @Test
    void addressInUseIsRejected() {
        KvEventPublisher publisher = loop.open(SETTINGS, 0);
        KvEventSettings same = SETTINGS.withReplay(ReplaySettings.at(publisher.replayEndpoint()));
        assertThatThrownBy(() -> loop.open(same, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "KV event endpoint: " + publisher.replayEndpoint() + " (expected: an address that is free)");
    }

    @Test
    void sixtyFourPublishersShareAThread() {
        List<KvEventPublisher> publishers = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            publishers.add(loop.open(SETTINGS.withTopic("kv@" + i), 0));
        }
        for (KvEventPublisher publisher : publishers) {
            publishMany(publisher, 50);
        }
        for (KvEventPublisher publisher : publishers) {
            await("all batches of one publisher")
                    .until(() -> replay(publisher, 48).equals(List.of(48L, 49L)));
        }
        assertThat(Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().startsWith("kv-events")))
                .hasSize(1);
    }

    @Test
    void publisherWithoutReplayHasNoReplayEndpoint() {
        assertThat(loop.open(SETTINGS.withReplay(ReplaySettings.OFF), 0).replayEndpoint())
                .isNull();
    }

    /** Asks at once and often, on the thread that the clients' sockets belong to. */
    private static ConditionFactory await(String what) {
        return Awaitility.await(what)
                .pollInSameThread()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20));
    }

    private KvEventClient subscribed(KvEventPublisher publisher, String topicPrefix) {
        KvEventClient subscriber = client(KvEventClient.subscribe(publisher.endpoint(), topicPrefix));
        awaitSubscribed(publisher, subscriber);
        return subscriber;
    }

    /** Publishes until the subscriber is heard of, and reads what it got. */
    private static void awaitSubscribed(KvEventPublisher publisher, KvEventClient subscriber) {
        await("subscription arrives").until(() -> {
            publisher.publish(0, CLEARED);
            Message message = subscriber.receiveWithin(20);
            while (message != null && message.sequence() < publisher.sequence() - 1) {
                message = subscriber.receive();
            }
            return message != null;
        });
    }

    /** Keeps the loop's thread from everything else; returns when that has begun. */
    private CountDownLatch holdLoop() {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        loop.execute(() -> {
            begun.countDown();
            awaitUninterrupted(end);
        });
        awaitUninterrupted(begun);
        return end;
    }

    private void awaitReplayed(KvEventPublisher publisher, long sequence) {
        await("batch " + sequence + " in the ring")
                .until(() -> replay(publisher, sequence).equals(List.of(sequence)));
    }

    private List<Long> replay(KvEventPublisher publisher, long start) {
        try (KvEventClient client = KvEventClient.replay(publisher.replayEndpoint())) {
            return client.replayedSequences(start);
        }
    }

    /** Batches whose timestamp is the sequence number, when the first one has number 0. */
    private static void publishMany(KvEventPublisher publisher, int count) {
        for (int i = 0; i < count; i++) {
            publisher.publish(i, CLEARED);
        }
    }

    private static byte[] payload(long sequence) {
        return new KvEventEncoder(KvEventFormat.MAP).encode(new KvEventBatch(sequence, CLEARED, 0));
    }

    private static String wildcard(String endpoint) {
        return "tcp://*" + endpoint.substring(endpoint.lastIndexOf(':'));
    }

    private KvEventClient client(KvEventClient client) {
        clients.add(client);
        return client;
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
