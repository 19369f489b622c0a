package io.llmd.simulator.kvevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.kv.event.KvEvent.BlockStored;
import io.llmd.kv.event.KvEventDecoder;
import io.llmd.kv.event.KvEventSink;
import io.llmd.kv.event.RemovedBlocks;
import io.llmd.kv.event.StoredBlocks;
import io.llmd.kv.event.TokenIds;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.ingest.LaneTarget;
import io.llmd.kv.ingest.SourceState;
import io.llmd.kv.ingest.zmq.SourceStatus;
import io.llmd.kv.ingest.zmq.ZmqAddress;
import io.llmd.kv.ingest.zmq.ZmqSource;
import io.llmd.kv.ingest.zmq.ZmqSources;
import io.llmd.kv.ingest.zmq.ZmtpSettings;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The reader that indexes use gets every batch of this publisher once and in order, whatever is lost or repeated. */
class KvEventReaderIT {

    private static final int BATCHES = 2000;

    private final KvEventLoop loop = KvEventLoop.start();
    private final ZmqSources sources = new ZmqSources(ZmtpSettings.DEFAULT);
    private final Blocks blocks = new Blocks();

    @ParameterizedTest
    @EnumSource(ReplayForm.class)
    void lossesRepetitionsAndReorderingAreNotSeen(ReplayForm form) {
        try (loop;
                sources;
                KvEventPublisher publisher = open(form)) {
            follow(publisher, 0);
            publisher.faults(KvEventFaults.always(0.05, 0.05, 0.05, 0, 42));
            for (int i = 0; i < BATCHES; i++) {
                publish(publisher, i);
            }
            publisher.faults(KvEventFaults.NONE);
            publish(publisher, BATCHES);
            List<Long> all = LongStream.rangeClosed(0, BATCHES).boxed().toList();
            await().untilAsserted(() -> assertThat(blocks.hashes).isEqualTo(all));
            await().untilAsserted(() -> {
                assertThat(status().state()).as("%s", status()).isEqualTo(SourceState.EXACT);
                assertThat(status().counters().gaps()).isPositive();
            });
            assertThat(status().counters().lostBatches()).isZero();
            assertThat(status().counters().rankMismatches()).isZero();
            assertThat(status().epoch()).isZero();
        }
    }

    @Test
    void numberThatWasNeverSentIsALoss() {
        try (loop;
                sources;
                KvEventPublisher publisher = open(ReplayForm.WITH_TOPIC)) {
            follow(publisher, 0);
            publish(publisher, 0);
            publisher.faults(KvEventFaults.skipNext(1));
            publish(publisher, 1);
            await().untilAsserted(() -> assertThat(blocks.hashes).containsExactly(0L, 1L));
            await().untilAsserted(() -> {
                assertThat(status().counters().lostBatches()).isEqualTo(1);
                assertThat(blocks.clears).isEqualTo(1);
            });
        }
    }

    @Test
    void batchesOfAnotherRankAreCounted() {
        try (loop;
                sources;
                KvEventPublisher publisher = open(ReplayForm.WITH_TOPIC)) {
            follow(publisher, 1);
            publish(publisher, 0);
            await().untilAsserted(() ->
                    assertThat(status().counters().rankMismatches()).isEqualTo(1));
        }
    }

    private KvEventPublisher open(ReplayForm form) {
        ReplaySettings replay = ReplaySettings.at("tcp://*:0").withForm(form);
        return loop.open(
                KvEventSettings.DEFAULT
                        .withEndpoint("tcp://*:0")
                        .withTopic("kv@a@m")
                        .withReplay(replay),
                0);
    }

    private void follow(KvEventPublisher publisher, int rank) {
        int replayPort = ZmqEndpoint.portNumber(Objects.requireNonNull(publisher.replayEndpoint()));
        ZmqAddress live = new ZmqAddress("127.0.0.1", publisher.port());
        ZmqAddress replay = new ZmqAddress("127.0.0.1", replayPort);
        sources.add(ZmqSource.of("a", rank, live, replay), blocks);
        await().untilAsserted(
                        () -> assertThat(status().state()).as("%s", status()).isEqualTo(SourceState.EXACT));
    }

    private SourceStatus status() {
        return sources.sources().getFirst();
    }

    private static void publish(KvEventPublisher publisher, long hash) {
        BlockHashes hashes = BlockHashes.ofIds(hash);
        publisher.publish(1.5, List.of(BlockStored.of(hashes, null, TokenIds.of(1, 2, 3, 4), 4)));
    }

    private static final class Blocks implements LaneTarget, KvEventSink {
        private final KvEventDecoder decoder = new KvEventDecoder();
        private final List<Long> hashes = new CopyOnWriteArrayList<>();
        private volatile int clears;

        @Override
        public int batch(long sequence, byte[] payload, int from, int to) {
            return decoder.decode(payload, from, to, this).dataParallelRank();
        }

        @Override
        public void stored(StoredBlocks blocks) {
            hashes.add(blocks.hashes[0]);
        }

        @Override
        public void removed(RemovedBlocks blocks) {
            throw new AssertionError("nothing is removed");
        }

        @Override
        public void cleared() {
            throw new AssertionError("nothing is cleared");
        }

        @Override
        public void newEpoch(int epoch) {
            hashes.clear();
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
        public void clear() {
            clears++;
        }

        @Override
        public void coverage(boolean isComplete) {}
    }
}
