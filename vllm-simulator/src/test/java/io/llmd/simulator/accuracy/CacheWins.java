package io.llmd.simulator.accuracy;

import io.llmd.simulator.cluster.Outcome;
import io.llmd.simulator.cluster.RequestResult;
import io.llmd.simulator.cluster.Simulation;
import io.llmd.simulator.cluster.SimulationSettings;
import io.llmd.simulator.cluster.SimulationTotals;
import io.llmd.simulator.engine.BlockHasher;
import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.FastBlockHasher;
import io.llmd.simulator.engine.GpuModel;
import io.llmd.simulator.engine.ModelArchitecture;
import io.llmd.simulator.engine.PhysicsLatency;
import io.llmd.simulator.routing.RoutingPolicy;
import io.llmd.simulator.workload.LadderWorkload;
import io.llmd.simulator.workload.LadderWorkload.Stage;
import io.llmd.simulator.workload.SharedPrefixes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The experiment of llm-d's "KV-cache wins" report: eight endpoints of Qwen3-32B on two H100 each, 150 groups of five
 * prompts, a warm-up, and sixteen stages of rising load that are drained one by one.
 *
 * <p>The client is inference-perf of September 2025. Its prompts are 6,000 and 1,200 random tokens turned into text, in
 * which Qwen's tokenizer finds 5.1 and 5.8 % more tokens. Each stage begins with the first prompt again. Each process of
 * the client has 100 requests under way at most, and there are as many processes as processors: eight are assumed.
 */
final class CacheWins {
    static final int ENDPOINTS = 8;
    private static final int KV_TOKENS = 307_328;
    private static final int BLOCK_TOKENS = 64;
    private static final SharedPrefixes.Shape PROMPTS = new SharedPrefixes.Shape(150, 5, 6305, 1270, 1000);
    private static final int MOST_IN_FLIGHT = 8 * 100;
    private static final long ROUTING_NANOS = 150_000_000;
    private static final Stage WARM_UP = Stage.lasting(15, Duration.ofSeconds(50));

    private final RoutingPolicy policy;
    private final GpuModel gpu;
    private final long seed;
    private final List<Sums> sums = new ArrayList<>();

    /** One stage as simulated; the rate is tokens over the time until the stage was drained. */
    record StageResult(double tokensPerSecond, double firstTokenSeconds, double hitRatio) {}

    /** The sixteen stages of one run, and how often sequences lost their blocks. */
    record Result(List<StageResult> stages, long preemptions) {

        /** Mean of the stages' rates, as the report has it. */
        double tokensPerSecond() {
            return mean(StageResult::tokensPerSecond);
        }

        double firstTokenSeconds() {
            return mean(StageResult::firstTokenSeconds);
        }

        double hitRatio() {
            return mean(StageResult::hitRatio);
        }

        private double mean(ToDoubleFunction<StageResult> figure) {
            return stages.stream().mapToDouble(figure).average().orElseThrow();
        }
    }

    CacheWins(RoutingPolicy policy, GpuModel gpu, long seed) {
        this.policy = policy;
        this.gpu = gpu;
        this.seed = seed;
    }

    Result run() {
        List<CacheWinsStage> measured = CacheWinsStage.measured(policy);
        List<Stage> stages = new ArrayList<>(List.of(WARM_UP));
        measured.forEach(
                stage -> stages.add(Stage.lasting(stage.requestsPerSecond(), Duration.ofSeconds(stage.seconds()))));
        stages.forEach(stage -> sums.add(new Sums()));
        LadderWorkload ladder =
                new LadderWorkload(stages, SharedPrefixes.repeatedByStage(PROMPTS, seed), seed, MOST_IN_FLIGHT);
        BlockHasher hasher = new FastBlockHasher("0", BLOCK_TOKENS);
        SimulationTotals totals = new Simulation(
                        SimulationSettings.DEFAULTS.withSeed(seed).withDelays(ROUTING_NANOS, 0),
                        Collections.nCopies(ENDPOINTS, engine(hasher)),
                        policy.router(ENDPOINTS, hasher, BLOCK_TOKENS, seed),
                        ladder,
                        this::take)
                .run();
        List<StageResult> results = new ArrayList<>();
        for (LadderWorkload.Span span : ladder.spans().subList(1, stages.size())) {
            results.add(sums.get(span.stage()).result((span.end() - span.begin()) / 1e9));
        }
        return new Result(results, totals.preemptions());
    }

    private EngineSettings engine(BlockHasher hasher) {
        return EngineSettings.builder()
                .latency(new PhysicsLatency(new Deployment(ModelArchitecture.QWEN3_32B, gpu, 2, 2)))
                .blockTokens(BLOCK_TOKENS)
                .blocks(KV_TOKENS / BLOCK_TOKENS + 1)
                .maxNumBatchedTokens(8192)
                .maxNumSeqs(1024)
                .hasher(hasher)
                .build();
    }

    private void take(RequestResult result) {
        if (result.outcome() != Outcome.FINISHED) {
            throw new IllegalStateException("request ended as " + result.outcome());
        }
        sums.get((int) result.request().attachment()).add(result);
    }

    private static final class Sums {
        private long requests;
        private long outputTokens;
        private long promptTokens;
        private long cachedTokens;
        private double firstToken;

        void add(RequestResult result) {
            requests++;
            outputTokens += result.outputTokens();
            promptTokens += result.request().prompt().length;
            cachedTokens += result.cachedTokens();
            firstToken += result.timeToFirstToken();
        }

        StageResult result(double seconds) {
            return new StageResult(
                    outputTokens / seconds, firstToken / requests / 1e9, (double) cachedTokens / promptTokens);
        }
    }
}
