package io.llmd.scheduler.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.InFlightLoad;
import io.llmd.scheduler.datalayer.InFlightTracker;
import io.llmd.scheduler.datalayer.InFlightTracker.Placement;
import io.llmd.scheduler.datalayer.InFlightTracker.Release;
import io.llmd.scheduler.datalayer.InFlightTrackers;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.testsupport.KafkaBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/** Schedulers that share load over a real broker. */
@Timeout(90)
class LoadExchangeIT {

    private static final String POD = "ns/pod";
    private static final Duration INTERVAL = Duration.ofMillis(50);
    private static final Duration EXPIRY = Duration.ofMillis(800);

    private static KafkaBroker broker;

    @BeforeAll
    static void startBroker() {
        broker = KafkaBroker.start();
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @Test
    void twoSchedulersCountEachRequestOnce(TestInfo test) {
        try (Replica a = new Replica("a", topic(test));
                Replica b = new Replica("b", topic(test))) {
            awaitOthers(1, a, b);
            for (int lease = 0; lease < 40; lease++) {
                a.tracker.place(lease, List.of(new Placement(POD, 100, Release.TOKENS)));
            }
            for (int lease = 0; lease < 2; lease++) {
                b.tracker.place(lease, List.of(new Placement(POD, 7, Release.TOKENS)));
            }
            await("both see the sum").untilAsserted(() -> {
                assertThat(a.load()).isEqualTo(new InFlightLoad(42, 4014));
                assertThat(b.load()).isEqualTo(new InFlightLoad(42, 4014));
            });
            assertThat(a.tracker.own(POD)).isEqualTo(new InFlightLoad(40, 4000));

            for (int lease = 0; lease < 40; lease++) {
                a.tracker.ended(lease);
                b.tracker.ended(lease);
            }
            await("nothing is left").untilAsserted(() -> {
                assertThat(a.load()).isEqualTo(InFlightLoad.NONE);
                assertThat(b.load()).isEqualTo(InFlightLoad.NONE);
            });
        }
    }

    @Test
    void manySchedulersAgreeAfterRandomTraffic(TestInfo test) {
        try (Replica a = new Replica("a", topic(test));
                Replica b = new Replica("b", topic(test));
                Replica c = new Replica("c", topic(test))) {
            awaitOthers(2, a, b, c);
            long left = 0;
            for (Replica replica : List.of(a, b, c)) {
                for (int lease = 0; lease < 500; lease++) {
                    replica.tracker.place(lease, List.of(new Placement(POD, 1, Release.TOKENS)));
                    if (ThreadLocalRandom.current().nextInt(3) > 0) {
                        replica.tracker.ended(lease);
                        replica.tracker.ended(lease);
                    } else {
                        left++;
                    }
                }
            }
            InFlightLoad all = new InFlightLoad(left, left);
            await("all see the same").untilAsserted(() -> {
                assertThat(a.load()).isEqualTo(all);
                assertThat(b.load()).isEqualTo(all);
                assertThat(c.load()).isEqualTo(all);
            });
        }
    }

    @Test
    void aSchedulerThatLeavesTakesItsLoadWithItAtOnce(TestInfo test) {
        try (Replica a = new Replica("a", topic(test))) {
            Replica b = new Replica("b", topic(test));
            awaitOthers(1, a, b);
            b.tracker.place(1, List.of(new Placement(POD, 10, Release.TOKENS)));
            await().untilAsserted(() -> assertThat(a.load()).isEqualTo(new InFlightLoad(1, 10)));
            b.close();
            await().untilAsserted(() -> assertThat(a.load()).isEqualTo(InFlightLoad.NONE));
            await().untilAsserted(() ->
                    assertThat(a.count(ReplicaListener.Event.LEFT)).isEqualTo(1));
        }
    }

    @Test
    void theShareOfALostSchedulerExpires(TestInfo test) {
        try (Replica a = new Replica("a", topic(test));
                Sender lost = new Sender(topic(test))) {
            a.awaitSent();
            lost.send("lost", shareOf("default", "lost", 5, 500));
            await().untilAsserted(() -> assertThat(a.load()).isEqualTo(new InFlightLoad(5, 500)));
            await("the lost one does not count any more")
                    .untilAsserted(() -> assertThat(a.load()).isEqualTo(InFlightLoad.NONE));
            await().untilAsserted(() ->
                    assertThat(a.count(ReplicaListener.Event.EXPIRED)).isEqualTo(1));
        }
    }

    @Test
    void recordsThatAreNoSharesAndThoseOfOtherPoolsDoNoHarm(TestInfo test) {
        try (Replica a = new Replica("a", topic(test));
                Sender sender = new Sender(topic(test))) {
            a.awaitSent();
            sender.send("x", "garbage".getBytes(StandardCharsets.UTF_8));
            sender.send("x", new byte[900_000]);
            sender.send(null, shareOf("default", "keyless", 1, 1));
            sender.send("other-pool", shareOf("elsewhere", "other-pool", 8, 8));
            sender.send("good", shareOf("default", "good", 2, 2));
            await().untilAsserted(() -> assertThat(a.load()).isEqualTo(new InFlightLoad(2, 2)));
            assertThat(a.count(ReplicaListener.Event.REFUSED)).isEqualTo(3);
        }
    }

    @Test
    void aBrokerThatGoesAwayIsNoHarmAndItsReturnIsNoticed(TestInfo test) {
        try (KafkaBroker own = KafkaBroker.start();
                Replica a = new Replica("a", topic(test), own.bootstrapServers());
                Replica b = new Replica("b", topic(test), own.bootstrapServers())) {
            awaitOthers(1, a, b);
            b.tracker.place(1, List.of(new Placement(POD, 10, Release.TOKENS)));
            await().untilAsserted(() -> assertThat(a.load()).isEqualTo(new InFlightLoad(1, 10)));

            own.goAway();
            await("only its own load counts")
                    .untilAsserted(() -> assertThat(a.load()).isEqualTo(InFlightLoad.NONE));
            assertThat(b.load()).isEqualTo(new InFlightLoad(1, 10));

            own.comeBack();
            await("they hear each other again")
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(a.load()).isEqualTo(new InFlightLoad(1, 10)));
        }
    }

    private static String topic(TestInfo test) {
        return "llmd.endpoint-load-" + test.getTestMethod().orElseThrow().getName();
    }

    private static byte[] shareOf(String pool, String replica, long requests, long tokens) {
        return new LoadShareJson()
                .write(new LoadShare(
                        pool, replica, 1, Map.of("load", Map.of(POD, new InFlightLoad(requests, tokens)))));
    }

    private static void awaitOthers(int others, Replica... replicas) {
        for (Replica replica : replicas) {
            await("hears of the others")
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(replica.others).hasValue(others));
        }
    }

    private static final class Replica implements AutoCloseable, ReplicaListener {
        private final AtomicLong others = new AtomicLong();
        private final Map<Event, AtomicLong> events = new EnumMap<>(Event.class);
        private final InFlightTracker tracker;
        private final LoadExchange exchange;

        Replica(String name, String topic) {
            this(name, topic, broker.bootstrapServers());
        }

        Replica(String name, String topic, String brokers) {
            for (Event event : Event.values()) {
                events.put(event, new AtomicLong());
            }
            EndpointStore store = new EndpointStore(Duration.ofSeconds(1), System::nanoTime);
            InFlightTrackers trackers = new InFlightTrackers(store);
            tracker = trackers.named("load");
            tracker.added(new EndpointMetadata(POD, "pod", "127.0.0.1", 1, 1, Map.of(), 0));
            ReplicaSettings settings = new ReplicaSettings("default", name, brokers, topic, INTERVAL, EXPIRY, Map.of());
            exchange = new LoadExchange(settings, trackers, this, System::nanoTime);
            exchange.start();
        }

        InFlightLoad load() {
            return new InFlightLoad(tracker.requests(POD), tracker.tokens(POD));
        }

        long count(Event event) {
            return events.get(event).get();
        }

        void awaitSent() {
            await("reads the topic")
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(count(Event.SENT)).isGreaterThanOrEqualTo(2));
        }

        @Override
        public void happened(Event event, int count) {
            events.get(event).addAndGet(count);
        }

        @Override
        public void others(int count) {
            others.set(count);
        }

        @Override
        public void close() {
            exchange.stop();
        }
    }

    private static final class Sender implements AutoCloseable {
        private final KafkaProducer<byte[], byte[]> producer;
        private final String topic;

        Sender(String topic) {
            this.topic = topic;
            producer = new KafkaProducer<>(
                    Map.of("bootstrap.servers", broker.bootstrapServers()),
                    new ByteArraySerializer(),
                    new ByteArraySerializer());
        }

        void send(@Nullable String key, byte[] value) {
            producer.send(
                    new ProducerRecord<>(topic, key == null ? null : key.getBytes(StandardCharsets.UTF_8), value));
            producer.flush();
        }

        @Override
        public void close() {
            producer.close(Duration.ofSeconds(1));
        }
    }
}
