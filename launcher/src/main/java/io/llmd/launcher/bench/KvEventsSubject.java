package io.llmd.launcher.bench;

import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.index.PrefixLookup;
import io.llmd.kv.ingest.direct.DirectIndex;
import io.llmd.kv.ingest.direct.PoolSettings;
import io.llmd.kv.ingest.kafka.KafkaConnection;
import io.llmd.kv.ingest.kafka.KvTopics;
import io.llmd.kv.ingest.kafka.LaneDescription;
import io.llmd.kv.ingest.kafka.LaneRegistry;
import io.llmd.kv.ingest.kafka.LaneSpec;
import io.llmd.kv.ingest.kafka.PublisherListener;
import io.llmd.kv.ingest.kafka.ReplicaListener;
import io.llmd.kv.ingest.owner.LaneOwners;
import io.llmd.kv.ingest.owner.OwnerSettings;
import io.llmd.kv.ingest.replica.ReplicaIndex;
import io.llmd.kv.ingest.zmq.SourceStatus;
import io.llmd.kv.ingest.zmq.ZmqAddress;
import io.llmd.kv.ingest.zmq.ZmqSource;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** An index that follows publishers, directly or with Kafka between. Looked at by one thread. */
abstract sealed class KvEventsSubject implements AutoCloseable {

    private static final long CONNECT_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final PrefixLookup lookup = new PrefixLookup();
    private final long[] key = new long[1];
    private final int publishers;

    KvEventsSubject(int publishers) {
        this.publishers = publishers;
    }

    static KvEventsSubject open(String bootstrapServers, List<KvEventsPublisher> publishers) {
        return bootstrapServers.isEmpty() ? new Direct(publishers) : new OverKafka(bootstrapServers, publishers);
    }

    abstract BlockIndex index();

    abstract Stream<SourceStatus> sources();

    boolean isVisible(long blockKey) {
        key[0] = blockKey;
        index().match(key, 1, lookup);
        return lookup.first() >= 0;
    }

    /** Waits until all publishers are connected to. @throws BenchFailure when that takes a minute */
    void awaitConnected() {
        long end = System.nanoTime() + CONNECT_NANOS;
        while (sources().filter(SourceStatus::isConnected).count() < publishers
                || index().lanes().size() < publishers) {
            if (System.nanoTime() > end) {
                throw new BenchFailure("publishers are not connected to after a minute");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    long lostBatches() {
        return sources().mapToLong(source -> source.counters().lostBatches()).sum();
    }

    @Override
    public abstract void close();

    private static PoolSettings pool() {
        return PoolSettings.DEFAULT.withModel(KvEventsPublisher.MODEL).withBlockTokens(KvEventsPublisher.BLOCK_TOKENS);
    }

    /** The index reads the publishers itself. */
    private static final class Direct extends KvEventsSubject {

        private final DirectIndex direct = new DirectIndex(pool(), System::nanoTime);

        Direct(List<KvEventsPublisher> publishers) {
            super(publishers.size());
            publishers.forEach(
                    each -> direct.add(ZmqSource.of(each.name(), 0, new ZmqAddress("127.0.0.1", each.port()), null)));
        }

        @Override
        BlockIndex index() {
            return direct.index();
        }

        @Override
        Stream<SourceStatus> sources() {
            return direct.lanes().stream().map(DirectIndex.Lane::source);
        }

        @Override
        public void close() {
            direct.close();
        }
    }

    /** An owner reads the publishers and writes to Kafka, from where the index takes it. */
    private static final class OverKafka extends KvEventsSubject implements PublisherListener, ReplicaListener {

        private final LaneOwners owners;
        private final ReplicaIndex replica;

        OverKafka(String bootstrapServers, List<KvEventsPublisher> publishers) {
            super(publishers.size());
            KafkaConnection connection = new KafkaConnection(bootstrapServers);
            String pool = "bench-" + UUID.randomUUID();
            KvTopics topics = new KvTopics(pool);
            topics.create(connection, KvTopics.Layout.DEFAULT);
            try (LaneRegistry registry = new LaneRegistry(connection, new Random())) {
                registry.register(publishers.stream()
                        .map(each -> new LaneSpec(
                                pool + "/" + each.name(),
                                pool,
                                each.name(),
                                "",
                                0,
                                KvEventsPublisher.MODEL,
                                KvEventsPublisher.BLOCK_TOKENS,
                                OwnerSettings.keyMode(pool()),
                                "tcp://127.0.0.1:" + each.port(),
                                ""))
                        .toList());
            }
            owners = new LaneOwners(
                    connection,
                    topics,
                    OwnerSettings.of(pool, pool()),
                    this,
                    System::nanoTime,
                    System::currentTimeMillis);
            replica = new ReplicaIndex(
                    connection, topics, pool().index(), this, System::nanoTime, System::currentTimeMillis);
            owners.start();
            replica.start();
        }

        @Override
        BlockIndex index() {
            return replica.index();
        }

        @Override
        Stream<SourceStatus> sources() {
            return owners.lanes().stream().map(LaneOwners.Lane::source);
        }

        @Override
        public void close() {
            owners.close();
            replica.close();
        }

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

        @Override
        public void happened(Event event) {}

        @Override
        public void latency(long millis) {}

        @Override
        public void snapshotNeeded(LaneDescription lane) {}
    }
}
