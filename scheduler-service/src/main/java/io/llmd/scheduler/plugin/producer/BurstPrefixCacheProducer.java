package io.llmd.scheduler.plugin.producer;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.PluginTimer;
import io.llmd.scheduler.prefix.BurstAssignment;
import io.llmd.scheduler.prefix.BurstAssignment.Balance;
import io.llmd.scheduler.prefix.BurstAssignment.Member;
import io.llmd.scheduler.prefix.PromptHashes;
import io.llmd.scheduler.scheduling.AwaitingProducer;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Collects the requests that arrive within one window and assigns them to endpoints together, so that a burst of equal
 * prompts meets before anybody holds them. A request gets a full match on its endpoint and none elsewhere; one that shares
 * nothing gets no match at all.
 *
 * <p>Holds the requests of one window, at most {@code maxBatchSize}. The thread that closes a window decides for all of them.
 */
final class BurstPrefixCacheProducer implements AwaitingProducer {

    static final String TYPE = "burst-prefix-cache-producer";
    private static final int MAX_WINDOW_MILLIS = 10_000;
    private static final int MAX_BLOCKS = 2048;
    private static final int UNLIMITED = -1;
    private static final Duration GRACE = Duration.ofMillis(300);

    /**
     * Parameters.
     *
     * @param windowDurationMs how long requests are collected
     * @param maxPerReplica most requests with one prompt on one endpoint; -1 for any number
     * @param blockSizeTokens tokens per block
     * @param maxPrefixTokensToMatch tokens of a prompt that are looked at; 0 for 2048 blocks
     * @param minColocateBlocks leading blocks that different prompts must share to meet; 0 when only equal ones do
     * @param maxBatchSize requests that close a window early; -1 for any number
     * @param balanceBy what is shared fairly among endpoints
     */
    record Params(
            @Default("100") int windowDurationMs,
            @Default("-1") int maxPerReplica,
            @Default("64") int blockSizeTokens,
            @Default("0") int maxPrefixTokensToMatch,
            @Default("0") int minColocateBlocks,
            @Default("1000") int maxBatchSize,
            @Default("requests") Balance balanceBy) {
        Params {
            if (windowDurationMs < 1 || windowDurationMs > MAX_WINDOW_MILLIS) {
                throw new IllegalArgumentException(
                        "windowDurationMs: " + windowDurationMs + " (expected: 1 to " + MAX_WINDOW_MILLIS + ")");
            }
            requireCountOrUnlimited("maxPerReplica", maxPerReplica);
            requireCountOrUnlimited("maxBatchSize", maxBatchSize);
            if (blockSizeTokens < 1) {
                throw new IllegalArgumentException("blockSizeTokens: " + blockSizeTokens + " (expected: >= 1)");
            }
            if (maxPrefixTokensToMatch != 0 && maxPrefixTokensToMatch < blockSizeTokens) {
                throw new IllegalArgumentException("maxPrefixTokensToMatch: " + maxPrefixTokensToMatch
                        + " (expected: 0, or at least blockSizeTokens)");
            }
            if (minColocateBlocks < 0) {
                throw new IllegalArgumentException("minColocateBlocks: " + minColocateBlocks + " (expected: >= 0)");
            }
        }

        private static void requireCountOrUnlimited(String name, int value) {
            if (value != UNLIMITED && value < 1) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: >= 1, or -1 for any number)");
            }
        }
    }

    /** A request that waits for its window to close. */
    private record Waiting(Member member, CompletableFuture<Consumer<Candidates>> data) {}

    private final Params params;
    private final PluginTimer timer;
    private final DataKey<PrefixMatches> matchesKey;
    private final Object lock = new Object();
    private List<Waiting> window = new ArrayList<>();

    BurstPrefixCacheProducer(String name, Params params, PluginTimer timer) {
        this.params = params;
        this.timer = Objects.requireNonNull(timer, "timer");
        matchesKey = DataKeys.prefixMatches(name);
    }

    @Override
    public List<DataKey<?>> produces() {
        return List.of(matchesKey);
    }

    @Override
    public Duration produceTimeout() {
        return Duration.ofMillis(params.windowDurationMs()).plus(GRACE);
    }

    @Override
    public void produce(InferenceRequest request, Candidates candidates) {
        write(candidates, hashes(request).blocks(params.blockSizeTokens()), null);
    }

    private PromptHashes hashes(InferenceRequest request) {
        return new PromptHashes(request, params.maxPrefixTokensToMatch(), MAX_BLOCKS);
    }

    @Override
    public CompletionStage<Consumer<Candidates>> produceLater(InferenceRequest request, Candidates candidates) {
        long[][] hashes = hashes(request).hashes(params.blockSizeTokens());
        List<Endpoint> endpoints = new ArrayList<>(candidates.size());
        for (int i = 0; i < candidates.size(); i++) {
            endpoints.add(candidates.get(i));
        }
        Waiting waiting = new Waiting(new Member(hashes, endpoints), new CompletableFuture<>());
        List<Waiting> full = null;
        synchronized (lock) {
            if (window.isEmpty()) {
                List<Waiting> opened = window;
                timer.after(Duration.ofMillis(params.windowDurationMs()), () -> close(opened));
            }
            window.add(waiting);
            if (window.size() == params.maxBatchSize()) {
                full = window;
                window = new ArrayList<>();
            }
        }
        if (full != null) {
            assign(full);
        }
        return waiting.data();
    }

    /** Ends a window unless it has been ended because it was full. */
    private void close(List<Waiting> opened) {
        synchronized (lock) {
            if (window != opened) {
                return;
            }
            window = new ArrayList<>();
        }
        assign(opened);
    }

    private void assign(List<Waiting> burst) {
        BurstAssignment.Settings settings =
                new BurstAssignment.Settings(params.maxPerReplica(), params.minColocateBlocks(), params.balanceBy());
        List<@Nullable String> endpoints =
                BurstAssignment.assign(burst.stream().map(Waiting::member).toList(), settings);
        for (int i = 0; i < burst.size(); i++) {
            String endpoint = endpoints.get(i);
            int blocks = burst.get(i).member().blocks();
            burst.get(i).data().complete(candidates -> write(candidates, blocks, endpoint));
        }
    }

    private void write(Candidates candidates, int blocks, @Nullable String endpoint) {
        PrefixMatches matches = new PrefixMatches(candidates.slotCount());
        for (int i = 0; i < candidates.size(); i++) {
            boolean isAssigned = candidates.get(i).id().equals(endpoint);
            matches.set(candidates.slot(i), isAssigned ? blocks : 0, blocks, params.blockSizeTokens());
        }
        candidates.put(matchesKey, matches);
    }

    @Component
    static final class Factory implements PluginFactory<Params> {

        private final PluginTimer timer;

        Factory(PluginTimer timer) {
            this.timer = timer;
        }

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public BurstPrefixCacheProducer create(String name, Params params) {
            return new BurstPrefixCacheProducer(name, params, timer);
        }
    }
}
