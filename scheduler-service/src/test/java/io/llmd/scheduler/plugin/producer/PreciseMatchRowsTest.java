package io.llmd.scheduler.plugin.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.prefix.EngineIndexes;
import io.llmd.scheduler.prefix.PrefixClaims;
import io.llmd.scheduler.prefix.PrefixIndex;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.MediaFeature;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.Prompt;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rows of specs/kv-cache-index.md section 9 from an engine's bytes to what a decision is told, by a clock of the test. */
class PreciseMatchRowsTest {

    private static final String PARAMETERS = "{tokenProcessorConfig: {blockSizeTokens: 4, hashAlgorithm: xxh64}, "
            + "speculativeIndexing: true, speculativeTTL: 2s}";

    /** Blocks of tokens 1 to 4 and 5 to 8, on the GPU; more fields follow, and the rank. */
    private static final String TWO_BLOCKS = "ab426c6f636b53746f726564 92 cf1e0b2e028ef071cb cfefad121d154ab2d6 c0"
            + "980102030405060708 04 c0 a3475055";

    private static final String HEAD = "93 cb41d954fc40200000 91";
    private static final String IMAGE = "a".repeat(64);
    private static final String IMAGE_BYTES = "d940" + "61".repeat(64);

    private final AtomicLong nanos = new AtomicLong();
    private final EndpointStore store = new EndpointStore(Duration.ofSeconds(1), nanos::get);
    private final HandedEngine engine = new HandedEngine();
    private final PrecisePrefixCacheProducer producer = new PrecisePrefixCacheProducer(
            "exact",
            ParameterBinder.bind(PrecisePrefixCacheProducer.Params.class, PARAMETERS),
            new PrefixIndex(),
            EngineIndexes.handed(store, () -> engine, nanos::get),
            new PrefixClaims((endpoint, claimed, reported) -> {}));

    @BeforeEach
    void follow() {
        store.upsert(ProducerFixture.metadata("a"));
        producer.start();
    }

    @AfterEach
    void stop() {
        producer.stop();
    }

    private void seconds(int value) {
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(value));
    }

    private static InferenceRequest request(int tokens, String salt, List<MediaFeature> media) {
        return ProducerFixture.request(
                "m", salt, -1, Prompt.exact(IntStream.rangeClosed(1, tokens).toArray(), media));
    }

    private PrefixMatches matches(InferenceRequest request) {
        Candidates candidates = Candidates.of(ProducerFixture.endpoint("a", 0, 0));
        producer.produce(request, candidates);
        return Objects.requireNonNull(candidates.data(DataKeys.prefixMatches("exact")));
    }

    private void sendTo(int slot, InferenceRequest request) {
        Candidates candidates = Candidates.of(ProducerFixture.endpoint("a", 0, 0));
        producer.produce(request, candidates);
        producer.scheduled(request, candidates, ProducerFixture.decode(candidates, slot), new Dispatch(1));
    }

    @Test
    @Tag("kv-index-41")
    void aPromptThatWasSentCountsForItsTimeAndAsExpectedOnly() {
        sendTo(0, request(16, "", List.of()));
        seconds(1);
        PrefixMatches expected = matches(request(8, "", List.of()));
        assertThat(expected.matchBlocks(0))
                .as("0.9 of two blocks, rounded down")
                .isEqualTo(1);
        assertThat(expected.cachedBlocks(0)).as("nothing is held").isZero();
        seconds(2);
        assertThat(matches(request(8, "", List.of())).matchBlocks(0)).isZero();
    }

    @Test
    @Tag("kv-index-42")
    void whatTheEngineStoresTakesThePlaceOfWhatWasExpected() {
        sendTo(0, request(8, "", List.of()));
        engine.publish(HEAD + "97" + TWO_BLOCKS + "00");
        seconds(1);
        assertThat(matches(request(8, "", List.of())).matchBlocks(0)).isEqualTo(2);
        seconds(2);
        PrefixMatches held = matches(request(8, "", List.of()));
        assertThat(held.matchBlocks(0)).isEqualTo(2);
        assertThat(held.cachedBlocks(0)).isEqualTo(2);
        assertThat(held.gpuBlocks(0)).isEqualTo(2);
    }

    @Test
    @Tag("kv-index-44")
    void blocksWithASaltAreFoundByRequestsWithIt() {
        engine.publish(HEAD + "99" + TWO_BLOCKS + "c0 92 91a874656e616e742d61 c0 00");
        seconds(1);
        assertThat(matches(request(8, "tenant-a", List.of())).cachedBlocks(0)).isEqualTo(2);
        assertThat(matches(request(8, "", List.of())).cachedBlocks(0)).isZero();
    }

    @Test
    @Tag("kv-index-45")
    void blocksWithAnImageAreFoundByRequestsWithIt() {
        engine.publish(HEAD + "99" + TWO_BLOCKS + "c0 92 91 92" + IMAGE_BYTES + "02 91 92" + IMAGE_BYTES + "fe 00");
        seconds(1);
        assertThat(matches(request(8, "", List.of(new MediaFeature(IMAGE, 2, 4))))
                        .cachedBlocks(0))
                .isEqualTo(2);
        assertThat(matches(request(8, "", List.of(new MediaFeature("b".repeat(64), 2, 4))))
                        .cachedBlocks(0))
                .isZero();
        assertThat(matches(request(8, "", List.of())).cachedBlocks(0)).isZero();
    }
}
