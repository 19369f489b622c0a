package io.llmd.scheduler.plugin.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.prefix.PrefixIndex;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

    @Test
    void whatWasSentBeforeIsHeld() {
        PrefixIndex index = new PrefixIndex();
        index.added(ProducerFixture.metadata("a"));
        PrecisePrefixCacheProducer producer = new PrecisePrefixCacheProducer("exact", params(EVERYTHING), index);
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
