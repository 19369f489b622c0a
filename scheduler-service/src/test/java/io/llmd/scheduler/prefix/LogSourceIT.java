package io.llmd.scheduler.prefix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.kv.event.KvEvent.BlockRemoved;
import io.llmd.kv.event.KvEvent.BlockStored;
import io.llmd.kv.event.KvEventBatch;
import io.llmd.kv.event.KvEventEncoder;
import io.llmd.kv.event.KvEventFormat;
import io.llmd.kv.event.TokenIds;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.ingest.direct.PoolSettings;
import io.llmd.kv.ingest.kafka.KafkaConnection;
import io.llmd.kv.ingest.kafka.KvTopics;
import io.llmd.kv.ingest.kafka.LaneDescription;
import io.llmd.kv.ingest.kafka.LaneRegistry;
import io.llmd.kv.ingest.kafka.LaneSpec;
import io.llmd.kv.ingest.kafka.PublisherListener;
import io.llmd.kv.ingest.owner.LaneOwners;
import io.llmd.kv.ingest.owner.OwnerSettings;
import io.llmd.kv.key.KeyHasher;
import io.llmd.kv.key.KeyMode;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointAttributes;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import io.llmd.scheduler.scheduling.PrefixMatches.Fallback;
import io.llmd.testsupport.KafkaBroker;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zeromq.SocketType;
import org.zeromq.ZMQ;

/** A scheduler's index that follows a log, with a real broker and an owner of lanes behind it. */
class LogSourceIT {

    private static final int BLOCK = 4;
    private static final int[] TOKENS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    private static final EndpointMetadata A =
            new EndpointMetadata("ns/a-rank-1", "a", "127.0.0.1", 8000, 8000, Map.of(), 1);

    private final AtomicLong shiftNanos = new AtomicLong();
    private final Candidates candidates =
            Candidates.of(new Endpoint(A, EndpointMetrics.UNKNOWN, EndpointAttributes.NONE, false));
    private long sequence;

    @Test
    @Tag("kv-index-59")
    void whatOwnersPublishIsKnownAndCountsLessWhenNothingIsHeard() {
        try (KafkaBroker broker = KafkaBroker.start();
                ZMQ.Context context = ZMQ.context(1);
                ZMQ.Socket engine = context.socket(SocketType.PUB)) {
            KafkaConnection connection = new KafkaConnection(broker.bootstrapServers());
            KvTopics topics = new KvTopics("it");
            topics.create(connection, KvTopics.Layout.DEFAULT);
            register(connection, engine.bindToRandomPort("tcp://127.0.0.1"));
            PoolSettings pool = PoolSettings.DEFAULT.withModel("m").withBlockTokens(BLOCK);
            try (LogSource source = open(connection, topics)) {
                assertThat(source.match(prompt(), candidates).join())
                        .isEqualTo(new IndexAnswer.Unavailable(Fallback.NOT_READY));
                try (LaneOwners owners = new LaneOwners(
                        connection,
                        topics,
                        OwnerSettings.of("o", pool),
                        new QuietPublisher(),
                        System::nanoTime,
                        System::currentTimeMillis)) {
                    owners.start();
                    awaiting("the engine is known").untilAsserted(() -> {
                        sequence = 0;
                        publish(
                                engine,
                                new KvEventBatch(
                                        1,
                                        List.of(BlockStored.of(
                                                BlockHashes.ofIds(1, 2, 3), null, TokenIds.of(TOKENS), BLOCK)),
                                        1));
                        assertThat(blocks(source)).isEqualTo(3);
                    });
                    publish(engine, new KvEventBatch(1, List.of(BlockRemoved.of(BlockHashes.ofIds(3))), 1));
                    awaiting("the removal is known").until(() -> blocks(source) == 2);
                    awaiting("it is heard of").until(() -> trust(source) == 1);
                    try (LogSource late = open(connection, topics)) {
                        awaiting("a late one knows it too").until(() -> blocks(late) == 2);
                    }
                }
                // Row 59: a lane that nobody owns counts half after five seconds, and nothing after thirty.
                assertThat(source.match(prompt(), candidates).join()).isInstanceOf(IndexAnswer.Held.class);
                shiftNanos.set(TimeUnit.SECONDS.toNanos(10));
                assertThat(trust(source)).isEqualTo(0.5);
                assertThat(source.views().get(A.id()).isExact()).isFalse();
                shiftNanos.set(TimeUnit.SECONDS.toNanos(40));
                assertThat(trust(source)).isZero();

                broker.goAway();
                assertThat(blocks(source)).as("what is known stays known").isEqualTo(2);
            }
        }
    }

    private static void register(KafkaConnection connection, int port) {
        try (LaneRegistry registry = new LaneRegistry(connection, new Random(1))) {
            registry.register(List.of(new LaneSpec(
                    "it/ns/a#1", "it", "ns/a", "", 1, "m", BLOCK, "xxh64", "tcp://127.0.0.1:" + port, "")));
        }
    }

    private LogSource open(KafkaConnection connection, KvTopics topics) {
        EngineEvents events = new EngineEvents(KeyMode.XXH64, "", "m", BLOCK, true, 8 << 20, "kv@", 0, 0, Map.of(), "");
        LogSource source = new LogSource(
                events,
                new KvIndexSource.Log(connection, topics),
                new QuietReplica(),
                () -> System.nanoTime() + shiftNanos.get(),
                System::currentTimeMillis);
        source.follow(A);
        return source;
    }

    private static long[][] prompt() {
        KeyHasher hasher = KeyHasher.of(KeyMode.XXH64, "");
        long[] keys = new long[TOKENS.length / BLOCK];
        hasher.chain(hasher.root("m"), TOKENS, 0, keys.length, BLOCK, keys, 0);
        return new long[][] {keys};
    }

    private int blocks(PrefixSource source) {
        return source.match(prompt(), candidates).join() instanceof IndexAnswer.Held held
                ? held.prompts().getFirst().blocks(0)
                : -1;
    }

    private static double trust(PrefixSource source) {
        SourceView view = source.views().get(A.id());
        return view == null ? -1 : view.trust();
    }

    private void publish(ZMQ.Socket publisher, KvEventBatch batch) {
        publisher.sendMore("kv@a@m");
        publisher.sendMore(ByteBuffer.allocate(8).putLong(sequence++).array());
        publisher.send(new KvEventEncoder(KvEventFormat.MAP).encode(batch));
    }

    private static ConditionFactory awaiting(String what) {
        return await(what).atMost(Duration.ofSeconds(40)).pollInterval(Duration.ofMillis(50));
    }

    private static final class QuietPublisher implements PublisherListener {
        @Override
        public void sent(int bytes) {}

        @Override
        public void acknowledged() {}

        @Override
        public void broken(LaneDescription lane, int term, String reason) {}

        @Override
        public void snapshotWritten(LaneDescription lane, long blocks, long bytes) {}

        @Override
        public void snapshotFailed(LaneDescription lane, String reason) {}
    }
}
