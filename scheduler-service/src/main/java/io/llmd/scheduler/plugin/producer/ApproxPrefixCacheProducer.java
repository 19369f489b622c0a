package io.llmd.scheduler.plugin.producer;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.prefix.PrefixIndex;
import io.llmd.scheduler.prefix.PrefixIndexes;
import io.llmd.scheduler.prefix.PromptHashes;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.ResponseHook;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Estimates which endpoints hold a prefix of the prompt from where earlier prompts were sent. What was learned is there
 * for the next decision when this one returns, so that a burst of equal prompts stays together. When a request ends its blocks are
 * the newest ones, as in an engine, and its answer has taken room.
 *
 * <p>Grows with the attempts in flight, which the leases bound, by the hashes of their prompts.
 */
final class ApproxPrefixCacheProducer implements DataProducer, PreRequest, ResponseHook {

    static final String TYPE = DataKeys.APPROX_PREFIX_PRODUCER;
    static final int MIN_BLOCK_TOKENS = 64;
    private static final int MAX_BLOCK_TOKENS = 1 << 20;
    private static final String PREFILL_PROFILE = "prefill";

    /**
     * Parameters.
     *
     * @param autoTune take block size and capacity from the endpoint's metrics
     * @param blockSizeTokens tokens per block for endpoints without metrics, raised to 64
     * @param blockSize deprecated name of {@code blockSizeTokens}; 0 when unused
     * @param maxPrefixTokensToMatch tokens of a prompt that are looked at; 0 for {@code maxPrefixBlocksToMatch}
     * @param maxPrefixBlocksToMatch blocks that are looked at when the former is 0; 0 for all
     * @param lruCapacityPerServer blocks kept for endpoints without metrics
     */
    record Params(
            @Default("true") boolean autoTune,
            @Default("16") int blockSizeTokens,
            @Default("0") int blockSize,
            @Default("131072") int maxPrefixTokensToMatch,
            @Default("2048") int maxPrefixBlocksToMatch,
            @Default("31250") int lruCapacityPerServer) {

        private static final int UNTOUCHED_BLOCK_SIZE = 16;

        Params {
            requireBlockSize("blockSize", blockSize, 0);
            requireBlockSize("blockSizeTokens", blockSizeTokens, autoTune ? 0 : 1);
            if (blockSize > 0 && blockSizeTokens == UNTOUCHED_BLOCK_SIZE) {
                blockSizeTokens = blockSize;
            }
            requireNotNegative("maxPrefixTokensToMatch", maxPrefixTokensToMatch);
            requireNotNegative("maxPrefixBlocksToMatch", maxPrefixBlocksToMatch);
            if (lruCapacityPerServer < 1 || lruCapacityPerServer > PrefixIndex.MAX_CAPACITY) {
                throw new IllegalArgumentException("lruCapacityPerServer: " + lruCapacityPerServer + " (expected: 1 to "
                        + PrefixIndex.MAX_CAPACITY + ")");
            }
        }

        private static void requireBlockSize(String name, int tokens, int least) {
            if (tokens < least || tokens > MAX_BLOCK_TOKENS) {
                throw new IllegalArgumentException(
                        name + ": " + tokens + " (expected: " + least + " to " + MAX_BLOCK_TOKENS + ")");
            }
        }

        private static void requireNotNegative(String name, int value) {
            if (value < 0) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: >= 0)");
            }
        }
    }

    private final Params params;
    private final PrefixIndex index;
    private final DataKey<PrefixMatches> matchesKey;
    private final DataKey<PromptHashes> hashesKey;
    private final Map<Long, PrefixIndex.Held> underWay = new ConcurrentHashMap<>();

    ApproxPrefixCacheProducer(String name, Params params, PrefixIndex index) {
        this.params = params;
        this.index = index;
        matchesKey = DataKeys.prefixMatches(name);
        hashesKey = new DataKey<>("PromptHashesDataKey", name, PromptHashes.class);
    }

    @Override
    public List<DataKey<?>> produces() {
        return List.of(matchesKey, hashesKey);
    }

    @Override
    public void produce(InferenceRequest request, Candidates candidates) {
        PromptHashes hashes =
                new PromptHashes(request, params.maxPrefixTokensToMatch(), params.maxPrefixBlocksToMatch());
        PrefixMatches matches = new PrefixMatches(candidates.slotCount());
        for (int i = 0; i < candidates.size(); i++) {
            Endpoint endpoint = candidates.get(i);
            int blockTokens = blockTokens(endpoint.metrics());
            matches.set(
                    candidates.slot(i),
                    index.matchedBlocks(endpoint.id(), hashes, blockTokens),
                    hashes.blocks(blockTokens),
                    blockTokens);
        }
        candidates.put(matchesKey, matches);
        candidates.put(hashesKey, hashes);
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        PromptHashes hashes = candidates.data(hashesKey);
        if (hashes == null) {
            return;
        }
        PrefixIndex.Held held = learn(outcome.primary().primary(), hashes);
        if (held != null) {
            underWay.put(dispatch.leaseId(), held);
        }
        ProfileOutcome.Picked prefill = outcome.profiles().get(PREFILL_PROFILE);
        if (prefill != null) {
            learn(prefill.primary(), hashes);
        }
    }

    private PrefixIndex.@Nullable Held learn(Endpoint endpoint, PromptHashes hashes) {
        int blockTokens = blockTokens(endpoint.metrics());
        return index.learn(endpoint.id(), hashes, blockTokens, capacity(endpoint.metrics(), blockTokens));
    }

    @Override
    public void started(long leaseId, OutcomeReport report) {}

    @Override
    public void ended(long leaseId, OutcomeReport report) {
        PrefixIndex.Held held = underWay.remove(leaseId);
        if (held != null && report.timeToFirstTokenMicros() > 0) {
            held.ended(report.usage().completionTokens());
        }
    }

    private int blockTokens(EndpointMetrics metrics) {
        int engine = params.autoTune() ? metrics.cacheBlockTokens() : 0;
        return Math.max(MIN_BLOCK_TOKENS, engine > 0 ? engine : params.blockSizeTokens());
    }

    /** As many of our blocks as fit into the engine's cache. */
    private int capacity(EndpointMetrics metrics, int blockTokens) {
        if (!params.autoTune() || metrics.cacheBlocks() == 0) {
            return params.lruCapacityPerServer();
        }
        long engineTokens = (long) metrics.cacheBlocks() * Math.max(1, metrics.cacheBlockTokens());
        return (int) Math.clamp(engineTokens / blockTokens, 1, PrefixIndex.MAX_CAPACITY);
    }

    @Component
    static final class Factory implements PluginFactory<Params> {

        private final PrefixIndexes indexes;

        Factory(PrefixIndexes indexes) {
            this.indexes = indexes;
        }

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public List<String> aliases() {
            return List.of("multicluster-approx-prefix-cache-producer");
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public ApproxPrefixCacheProducer create(String name, Params params) {
            return new ApproxPrefixCacheProducer(name, params, indexes.named(name));
        }
    }
}
