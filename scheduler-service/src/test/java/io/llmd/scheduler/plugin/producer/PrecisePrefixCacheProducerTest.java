package io.llmd.scheduler.plugin.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.kv.event.CacheGroup;
import io.llmd.kv.event.KvEvent;
import io.llmd.kv.event.KvEvent.BlockRemoved;
import io.llmd.kv.event.KvEvent.BlockStored;
import io.llmd.kv.event.KvEventBatch;
import io.llmd.kv.event.KvEventEncoder;
import io.llmd.kv.event.KvEventFormat;
import io.llmd.kv.event.TokenIds;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.prefix.EngineIndexes;
import io.llmd.scheduler.prefix.PrefixClaims;
import io.llmd.scheduler.prefix.PrefixIndex;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.PrefixMatches.Fallback;
import io.llmd.scheduler.scheduling.Prompt;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.zeromq.SocketType;
import org.zeromq.ZMQ;

class PrecisePrefixCacheProducerTest {

    private static final String EVERYTHING = """
            tokenProcessorConfig: {blockSizeTokens: 64, hashSeed: "42", hashAlgorithm: xxh64}
            indexerConfig:
              kvBlockIndexConfig:
                costAwareMemoryConfig: {size: 4GiB}
                enableMetrics: true
                metricsLoggingInterval: 60s
              kvCacheBackendConfigs: [{name: gpu, weight: 1.0}, {name: cpu, weight: 0.8}]
            kvEventsConfig:
              zmqEndpoint: tcp://*:5557
              topicFilter: kv@
              concurrency: 8
              engineType: sglang
              discoverPods: false
              podDiscoveryConfig: {podLabelSelector: app=vllm, podNamespace: prod, socketPort: 5600, replaySocketPort: 5601}
            speculativeIndexing: true
            speculativeTTL: 1500ms
            """;

    private final EndpointStore store = new EndpointStore(Duration.ofSeconds(1), System::nanoTime);
    private final List<String> compared = new ArrayList<>();
    private final PrefixClaims claims =
            new PrefixClaims((endpoint, claimed, reported) -> compared.add(endpoint + " " + claimed + " " + reported));
    private final int[] tokens = IntStream.range(0, 64).toArray();
    private final EngineIndexes indexes = new EngineIndexes(store, System::nanoTime);
    private long sequence;

    @Test
    void matchesFollowTheEnginesEventsByTier() {
        try (ZMQ.Context context = ZMQ.context(1);
                ZMQ.Socket publisher = context.socket(SocketType.PUB)) {
            PrecisePrefixCacheProducer producer = following(publisher, "a");
            publishUntilKnown(producer, publisher);
            PrefixMatches matches = matches(producer, "a");
            assertThat(matches.matchBlocks(0)).isEqualTo(3);
            assertThat(matches.cachedBlocks(0)).isEqualTo(3);
            assertThat(matches.totalBlocks(0)).isEqualTo(4);
            assertThat(matches.gpuBlocks(0)).isEqualTo(3);
            publish(
                    publisher,
                    BlockStored.of(BlockHashes.ofIds(1, 2), null, TokenIds.of(), 0)
                            .withMedium("CPU"));
            publish(publisher, BlockRemoved.of(BlockHashes.ofIds(1, 2)));
            await().untilAsserted(() -> {
                PrefixMatches tiered = matches(producer, "a");
                assertThat(tiered.cpuBlocks(0)).isEqualTo(2);
                assertThat(tiered.gpuBlocks(0)).isEqualTo(1);
                assertThat(tiered.matchBlocks(0))
                        .as("0.8 + 0.8 + 1, rounded down")
                        .isEqualTo(2);
                assertThat(tiered.cachedBlocks(0)).isEqualTo(3);
            });
            producer.stop();
        }
    }

    @Test
    void promptsUnderWayCountUntilTheEngineTells() {
        try (ZMQ.Context context = ZMQ.context(1);
                ZMQ.Socket publisher = context.socket(SocketType.PUB)) {
            PrecisePrefixCacheProducer producer = following(publisher, "a");
            publishUntilKnown(producer, publisher);
            Candidates candidates = Candidates.of(ProducerFixture.endpoint("a", 0, 0));
            producer.produce(request(), candidates);
            producer.scheduled(request(), candidates, ProducerFixture.decode(candidates, 0), new Dispatch(9));
            PrefixMatches expected = matches(producer, "a");
            assertThat(expected.matchBlocks(0)).as("3 and 0.9 of the fourth").isEqualTo(3);
            assertThat(expected.cachedBlocks(0)).isEqualTo(3);
            producer.ended(9, report(9, 16));
            assertThat(compared).containsExactly("ns/a 48 16");
            assertThat(matches(producer, "a").cachedBlocks(0))
                    .as("events have the last word")
                    .isEqualTo(3);
            assertThat(claims.confirmedShare("ns/a")).isBetween(0.33, 0.34);
            producer.stop();
        }
    }

    @Test
    void anEndpointThatLeavesIsForgottenAndOneWithoutEventsIsEstimated() {
        try (ZMQ.Context context = ZMQ.context(1);
                ZMQ.Socket publisher = context.socket(SocketType.PUB)) {
            PrecisePrefixCacheProducer producer = following(publisher, "a");
            publishUntilKnown(producer, publisher);
            store.delete("ns/a");
            assertThat(matches(producer, "a").cachedBlocks(0)).isZero();
            producer.stop();
            assertThat(matches(producer, "a").cachedBlocks(0)).isZero();
        }
    }

    /** Row 63: ranks of one replica are endpoints of their own, each with its own stream on its own port. */
    @Test
    @Tag("kv-index-63")
    void eachDataParallelRankIsKnownByItsOwnStream() {
        try (ZMQ.Context context = ZMQ.context(1);
                ZMQ.Socket first = context.socket(SocketType.PUB);
                ZMQ.Socket second = context.socket(SocketType.PUB)) {
            int port = bindToNeighbours(first, second);
            for (int rank = 0; rank < 2; rank++) {
                store.upsert(new EndpointMetadata(
                        "ns/a-rank-" + rank, "a", "127.0.0.1", 8000 + rank, 8000 + rank, Map.of(), rank));
            }
            PrecisePrefixCacheProducer producer = producer(
                    "{tokenProcessorConfig: {hashAlgorithm: xxh64}, kvEventsConfig: {podDiscoveryConfig: {socketPort: "
                            + port + "}}}");
            producer.start();
            await().pollInterval(Duration.ofMillis(50)).untilAsserted(() -> {
                sequence = 0;
                publish(first, 0, BlockStored.of(BlockHashes.ofIds(1), null, TokenIds.copyOf(tokens, 0, 16), 16));
                sequence = 0;
                publish(second, 1, BlockStored.of(BlockHashes.ofIds(1, 2), null, TokenIds.copyOf(tokens, 0, 32), 16));
                assertThat(matches(producer, "a-rank-0").cachedBlocks(0)).isEqualTo(1);
                assertThat(matches(producer, "a-rank-1").cachedBlocks(0)).isEqualTo(2);
            });
            producer.stop();
        }
    }

    private static int bindToNeighbours(ZMQ.Socket first, ZMQ.Socket second) {
        while (true) {
            int port = first.bindToRandomPort("tcp://127.0.0.1");
            if (second.bind("tcp://127.0.0.1:" + (port + 1))) {
                return port;
            }
            first.unbind("tcp://127.0.0.1:" + port);
        }
    }

    /** Row 68: of ten equal prompts within a moment all but the first see where the first went. */
    @Test
    @Tag("kv-index-68")
    void equalPromptsOfABurstSeeWhereTheFirstWent() {
        try (ZMQ.Context context = ZMQ.context(1);
                ZMQ.Socket publisher = context.socket(SocketType.PUB)) {
            PrecisePrefixCacheProducer producer = following(publisher, "a");
            await("the endpoint is known").pollInterval(Duration.ofMillis(50)).untilAsserted(() -> {
                sequence = 0;
                publish(publisher, BlockStored.of(BlockHashes.ofIds(9), null, TokenIds.copyOf(tokens, 32, 48), 16));
                assertThat(matches(producer, "a").basis(0)).isEqualTo(PrefixMatches.Basis.EVENTS);
            });
            assertThat(matches(producer, "a").matchBlocks(0)).isZero();
            for (int lease = 1; lease < 10; lease++) {
                Candidates candidates = Candidates.of(ProducerFixture.endpoint("a", 0, 0));
                producer.produce(request(), candidates);
                producer.scheduled(request(), candidates, ProducerFixture.decode(candidates, 0), new Dispatch(lease));
                assertThat(matches(producer, "a").matchBlocks(0))
                        .as("0.9 of four blocks, rounded down, after request %d", lease)
                        .isEqualTo(3);
            }
            producer.stop();
        }
    }

    /** Row 22 and 23 by tiers, and 6.6: what others can pull is what the host's memory holds, whatever else holds it. */
    @Test
    void blocksInTheHostsMemoryCanBePulledThoughTheGpuHasThemToo() {
        try (ZMQ.Context context = ZMQ.context(1);
                ZMQ.Socket publisher = context.socket(SocketType.PUB)) {
            PrecisePrefixCacheProducer producer = following(publisher, "a");
            publishUntilKnown(producer, publisher);
            publish(
                    publisher,
                    BlockStored.of(BlockHashes.ofIds(1, 2), null, TokenIds.of(), 0)
                            .withMedium("CPU"));
            await().untilAsserted(() -> {
                PrefixMatches matches = matches(producer, "a");
                assertThat(matches.gpuBlocks(0)).isEqualTo(3);
                assertThat(matches.cpuBlocks(0)).isEqualTo(2);
                assertThat(matches.matchBlocks(0)).isEqualTo(3);
            });
            producer.stop();
        }
    }

    /** Row 26, level 2: what counts is what the engine can reuse, and what it holds is told beside it. */
    @Test
    void blocksWithoutTheirStateCannotBeReused() {
        try (ZMQ.Context context = ZMQ.context(1);
                ZMQ.Socket publisher = context.socket(SocketType.PUB)) {
            PrecisePrefixCacheProducer producer = following(publisher, "a");
            publishUntilKnown(producer, publisher);
            assertThat(matches(producer, "a").reuse(0)).isEqualTo(PrefixMatches.Reuse.FULL);
            publish(
                    publisher,
                    BlockStored.of(BlockHashes.ofIds(2), null, TokenIds.copyOf(tokens, 0, 48), 16)
                            .withGroup(new CacheGroup(1, "mamba", null)));
            await().untilAsserted(() -> {
                PrefixMatches matches = matches(producer, "a");
                assertThat(matches.cachedBlocks(0)).isEqualTo(2);
                assertThat(matches.matchBlocks(0)).isEqualTo(2);
                assertThat(matches.heldBlocks(0)).isEqualTo(3);
                assertThat(matches.reuse(0)).isEqualTo(PrefixMatches.Reuse.PARTIAL);
            });
            producer.stop();
        }
    }

    @Test
    void labelsThatNameAnotherPortOfEventsAreFollowed() {
        try (ZMQ.Context context = ZMQ.context(1);
                ZMQ.Socket old = context.socket(SocketType.PUB);
                ZMQ.Socket moved = context.socket(SocketType.PUB)) {
            PrecisePrefixCacheProducer producer = following(old, "a");
            publishUntilKnown(producer, old);
            int port = moved.bindToRandomPort("tcp://127.0.0.1");
            store.upsert(endpoint("a", port));
            assertThat(matches(producer, "a").cachedBlocks(0))
                    .as("another stream")
                    .isZero();
            publishUntilKnown(producer, moved);
            producer.stop();
        }
    }

    @Test
    @Tag("fault-F35")
    void anEstimateThatStandsInSaysWhy() {
        store.upsert(ProducerFixture.metadata("a"));
        PrecisePrefixCacheProducer producer = producer("{}");
        producer.start();
        Candidates candidates = Candidates.of(ProducerFixture.endpoint("a", 0, 0));
        producer.produce(ProducerFixture.request("m", "", -1, ProducerFixture.prompt(128, 1)), candidates);
        PrefixMatches matches = Objects.requireNonNull(candidates.data(DataKeys.prefixMatches("exact")));
        assertThat(matches.fallback()).isEqualTo(Fallback.NO_EXACT_TOKENS);
        assertThat(matches.basis(0)).isEqualTo(PrefixMatches.Basis.ESTIMATE);
        assertThat(indexes.fallbacks(Fallback.NO_EXACT_TOKENS)).isEqualTo(1);
        producer.stop();
        assertThat(indexes.fallbacks(Fallback.NO_EXACT_TOKENS))
                .as("counts outlive the index")
                .isEqualTo(1);
    }

    private static EndpointMetadata endpoint(String name, int port) {
        return new EndpointMetadata(
                "ns/" + name, name, "127.0.0.1", 8000, 8000, Map.of("llm-d.ai/kv-events-port", "" + port), 0);
    }

    private PrecisePrefixCacheProducer producer(String parameters) {
        return new PrecisePrefixCacheProducer("exact", params(parameters), new PrefixIndex(), indexes, claims);
    }

    private PrecisePrefixCacheProducer following(ZMQ.Socket publisher, String name) {
        int port = publisher.bindToRandomPort("tcp://127.0.0.1");
        store.upsert(endpoint(name, port));
        PrecisePrefixCacheProducer producer = producer(
                "{tokenProcessorConfig: {hashAlgorithm: xxh64}, speculativeIndexing: true, speculativeTTL: 60s}");
        producer.start();
        return producer;
    }

    /** The first batch again and again, for a subscription takes a while; the same numbers are duplicates. */
    private void publishUntilKnown(PrecisePrefixCacheProducer producer, ZMQ.Socket publisher) {
        await().pollInterval(Duration.ofMillis(50)).untilAsserted(() -> {
            sequence = 0;
            publish(publisher, BlockStored.of(BlockHashes.ofIds(1, 2, 3), null, TokenIds.copyOf(tokens, 0, 48), 16));
            PrefixMatches matches = matches(producer, "a");
            assertThat(matches.cachedBlocks(0)).isEqualTo(3);
            assertThat(matches.isPartial(0)).isFalse();
        });
    }

    private void publish(ZMQ.Socket publisher, KvEvent event) {
        publish(publisher, 0, event);
    }

    private void publish(ZMQ.Socket publisher, int rank, KvEvent event) {
        byte[] payload = new KvEventEncoder(KvEventFormat.MAP).encode(new KvEventBatch(1, List.of(event), rank));
        publisher.sendMore("kv@127.0.0.1:8000@m");
        publisher.sendMore(ByteBuffer.allocate(8).putLong(sequence++).array());
        publisher.send(payload);
    }

    private PrefixMatches matches(PrecisePrefixCacheProducer producer, String name) {
        Candidates candidates = Candidates.of(ProducerFixture.endpoint(name, 0, 0));
        producer.produce(request(), candidates);
        return Objects.requireNonNull(candidates.data(DataKeys.prefixMatches("exact")));
    }

    private InferenceRequest request() {
        return ProducerFixture.request("m", "", -1, Prompt.exact(tokens, List.of()));
    }

    private static OutcomeReport report(long lease, int cachedTokens) {
        return new OutcomeReport(
                "r",
                lease,
                "ns/a",
                OutcomeReport.Phase.ENDED,
                OutcomeReport.Cause.NATURAL,
                200,
                new TokenUsage(64, 1, cachedTokens),
                1,
                1);
    }

    @Test
    void estimatedTokensGiveEstimatedMatches() {
        PrefixIndex index = new PrefixIndex();
        index.added(ProducerFixture.metadata("a"));
        PrecisePrefixCacheProducer producer = new PrecisePrefixCacheProducer(
                "exact", params(EVERYTHING), index, new EngineIndexes(store, System::nanoTime), claims);
        Candidates candidates = Candidates.of(ProducerFixture.endpoint("a", 0, 0));
        InferenceRequest request = ProducerFixture.request("m", "", -1, ProducerFixture.prompt(128, 1));
        producer.produce(request, candidates);
        producer.scheduled(request, candidates, ProducerFixture.decode(candidates, 0), new Dispatch(1));
        producer.produce(request, candidates);
        PrefixMatches matches = candidates.data(DataKeys.prefixMatches("exact"));
        assertThat(matches.ratio(0)).isEqualTo(1.0);
        assertThat(matches.totalBlocks(0)).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tokenProcessorConfig: {blockSizeTokens: 0}",
                "tokenProcessorConfig: {hashAlgorithm: md5}",
                "indexerConfig: {kvBlockIndexConfig: {inMemoryConfig: {}, redisConfig: {}}}",
                "indexerConfig: {kvBlockIndexConfig: {inMemoryConfig: {size: 0}}}",
                "indexerConfig: {kvBlockIndexConfig: {costAwareMemoryConfig: {size: big}}}",
                "indexerConfig: {kvCacheBackendConfigs: [{name: gpu, weight: 2}]}",
                "kvEventsConfig: {engineType: triton}",
                "kvEventsConfig: {concurrency: 0}",
                "kvEventsConfig: {podDiscoveryConfig: {socketPort: 70000}}",
                "kvEventsConfig: {topic: kv@}",
                "speculativeTTL: soon"
            })
    void whatMakesNoSenseIsRefused(String text) {
        assertThatThrownBy(() -> params(text)).hasMessageContaining("expected");
    }

    private static PrecisePrefixCacheProducer.Params params(String text) {
        return ParameterBinder.bind(PrecisePrefixCacheProducer.Params.class, text);
    }
}
