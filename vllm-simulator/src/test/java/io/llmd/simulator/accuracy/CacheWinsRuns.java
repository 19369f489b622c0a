package io.llmd.simulator.accuracy;

import io.llmd.simulator.engine.GpuModel;
import io.llmd.simulator.routing.RoutingPolicy;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** The experiment with several seeds: where the first prompts of a group go is chance, in the measurement as here. */
record CacheWinsRuns(RoutingPolicy policy, List<CacheWins.Result> runs) {
    private static final int SEEDS = 3;

    static CacheWinsRuns of(RoutingPolicy policy, GpuModel gpu) {
        return new CacheWinsRuns(
                policy,
                LongStream.rangeClosed(1, SEEDS)
                        .mapToObj(seed -> new CacheWins(policy, gpu, seed).run())
                        .toList());
    }

    /** Mean of the runs. */
    double mean(ToDoubleFunction<CacheWins.Result> figure) {
        return runs.stream().mapToDouble(figure).average().orElseThrow();
    }

    double tokensPerSecond() {
        return mean(CacheWins.Result::tokensPerSecond);
    }

    /** Simulated tokens a second against measured ones, less one. */
    double error() {
        return tokensPerSecond() / measured(CacheWinsStage::tokensPerSecond) - 1;
    }

    /** The error of the slowest run. */
    double lowestError() {
        return errors().min().orElseThrow();
    }

    /** The error of the fastest run. */
    double highestError() {
        return errors().max().orElseThrow();
    }

    private DoubleStream errors() {
        double measured = measured(CacheWinsStage::tokensPerSecond);
        return runs.stream().mapToDouble(run -> run.tokensPerSecond() / measured - 1);
    }

    /** Mean of the measured stages. */
    double measured(ToDoubleFunction<CacheWinsStage> figure) {
        return CacheWinsStage.measured(policy).stream()
                .mapToDouble(figure)
                .average()
                .orElseThrow();
    }

    /** Mean over the runs of the rate in each stage. */
    double[] stageRates() {
        return IntStream.range(0, runs.getFirst().stages().size())
                .mapToDouble(stage -> mean(run -> run.stages().get(stage).tokensPerSecond()))
                .toArray();
    }

    /** Mean over the runs of the time to first token in each stage, in seconds. */
    double[] stageFirstTokens() {
        return IntStream.range(0, runs.getFirst().stages().size())
                .mapToDouble(stage -> mean(run -> run.stages().get(stage).firstTokenSeconds()))
                .toArray();
    }
}
