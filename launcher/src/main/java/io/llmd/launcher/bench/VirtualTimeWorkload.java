package io.llmd.launcher.bench;

import io.llmd.simulator.cluster.Workload;
import io.llmd.simulator.engine.Deployment;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.GpuModel;
import io.llmd.simulator.engine.ModelArchitecture;
import io.llmd.simulator.engine.PhysicsLatency;
import io.llmd.simulator.workload.LadderWorkload;
import io.llmd.simulator.workload.LadderWorkload.Stage;
import io.llmd.simulator.workload.SharedPrefixes;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/** What the simulated clients ask for, and the engines they ask. */
enum VirtualTimeWorkload {

    /**
     * 17,084 requests of 7,200 prompt tokens, 6,000 of them shared in their group, and 1,000 output tokens, in seventeen
     * stages and blocks of 64 tokens as in llm-d's "KV-cache wins" experiment.
     */
    LADDER {
        @Override
        EngineSettings engine() {
            return settings(
                    new Deployment(ModelArchitecture.QWEN3_32B, GpuModel.H100, 2, 2),
                    LADDER_BLOCK_TOKENS,
                    LADDER_KV_TOKENS / LADDER_BLOCK_TOKENS + 1);
        }

        @Override
        Workload requests(double share, long seed) {
            SharedPrefixes.Shape shape = new SharedPrefixes.Shape(150, 5, 6000, 1200, 1000);
            List<Stage> stages = IntStream.range(0, LADDER_RATES.length)
                    .mapToObj(i -> Stage.lasting(LADDER_RATES[i], Duration.ofSeconds(LADDER_SECONDS[i])))
                    .map(stage -> part(stage, share))
                    .toList();
            return new LadderWorkload(stages, SharedPrefixes.repeated(shape, seed), seed);
        }
    },

    /** 100,000 chats of 1,000 prompt tokens, 300 of them one of forty system prompts, and 200 output tokens. */
    CHATS {
        @Override
        EngineSettings engine() {
            Deployment deployment = new Deployment(ModelArchitecture.LLAMA_8B, GpuModel.H100, 1, 2);
            return settings(deployment, CHAT_BLOCK_TOKENS, deployment.blocks(CHAT_BLOCK_TOKENS, 0.9));
        }

        @Override
        Workload requests(double share, long seed) {
            SharedPrefixes.Shape shape = new SharedPrefixes.Shape(40, 1, 300, 700, 200);
            List<Stage> stages = List.of(part(new Stage(ENDPOINTS * 15, 100_000), share));
            return new LadderWorkload(stages, SharedPrefixes.fresh(shape, seed), seed);
        }
    };

    static final int ENDPOINTS = 8;
    private static final int LADDER_BLOCK_TOKENS = 64;
    private static final int LADDER_KV_TOKENS = 307_328;
    private static final int CHAT_BLOCK_TOKENS = 16;
    private static final int MAX_MODEL_LEN = 16_384;
    private static final double[] LADDER_RATES = {15, 3, 10, 15, 20, 22, 25, 30, 35, 40, 43, 46, 49, 52, 55, 57, 60};
    private static final int[] LADDER_SECONDS = {50, 20, 20, 20, 38, 34, 30, 25, 21, 38, 36, 33, 30, 29, 27, 26, 25};

    /** What each of the {@link #ENDPOINTS} is. */
    abstract EngineSettings engine();

    /** @param share of the requests, in (0, 1]; each stage has one at least */
    abstract Workload requests(double share, long seed);

    private static EngineSettings settings(Deployment deployment, int blockTokens, int blocks) {
        return EngineSettings.builder()
                .latency(new PhysicsLatency(deployment))
                .blockTokens(blockTokens)
                .blocks(blocks)
                .maxModelLen(MAX_MODEL_LEN)
                .build();
    }

    private static Stage part(Stage stage, double share) {
        return new Stage(stage.requestsPerSecond(), Math.max(1, Math.round(stage.requests() * share)));
    }
}
