package io.llmd.simulator.accuracy;

import io.llmd.simulator.engine.GpuModel;
import io.llmd.simulator.routing.RoutingPolicy;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Measured figures beside simulated ones, as Markdown. */
final class AccuracyTable {

    /** Which constants of the engine a run of the cluster experiment uses. */
    enum Constants {
        UNCALIBRATED("as fitted on vLLM 0.15.1", GpuModel.H100),
        STEP("step overhead 6.5 ms", GpuModel.H100.withStepNanos(6.5e6)),
        STEP_AND_KV("and e_k 0.60", GpuModel.H100.withStepNanos(6.5e6).withKvEfficiency(0.60));

        final String title;
        final GpuModel gpu;

        Constants(String title, GpuModel gpu) {
            this.title = title;
            this.gpu = gpu;
        }
    }

    private final List<AnchorReplay.Point> points = new ArrayList<>();
    private final Map<RoutingPolicy, Map<Constants, CacheWins.Result>> cluster = new EnumMap<>(RoutingPolicy.class);

    /** Runs the servers that were measured alone. */
    static List<AnchorReplay.Point> anchors() {
        return Anchor.ALL.stream()
                .flatMap(anchor -> AnchorReplay.run(anchor).stream())
                .toList();
    }

    /** Runs everything with these constants of the cluster. */
    static AccuracyTable run(Constants... constants) {
        AccuracyTable table = new AccuracyTable();
        table.points.addAll(anchors());
        for (RoutingPolicy policy : RoutingPolicy.values()) {
            Map<Constants, CacheWins.Result> results = new EnumMap<>(Constants.class);
            for (Constants chosen : constants) {
                results.put(chosen, new CacheWins(policy, chosen.gpu, 1).run());
            }
            table.cluster.put(policy, results);
        }
        return table;
    }

    List<AnchorReplay.Point> points() {
        return points;
    }

    CacheWins.Result cluster(RoutingPolicy policy, Constants constants) {
        CacheWins.Result result = cluster.getOrDefault(policy, Map.of()).get(constants);
        if (result == null) {
            throw new IllegalStateException(policy + " was not run with " + constants);
        }
        return result;
    }

    /** Simulated tokens a second against measured ones, less one. */
    double clusterError(RoutingPolicy policy, Constants constants) {
        return cluster(policy, constants).tokensPerSecond() / measuredTokensPerSecond(policy) - 1;
    }

    static double measuredTokensPerSecond(RoutingPolicy policy) {
        return CacheWinsStage.measured().stream()
                .filter(stage -> stage.policy() == policy)
                .mapToDouble(CacheWinsStage::tokensPerSecond)
                .average()
                .orElseThrow();
    }

    /** Mean of the sizes of the errors of inter-token latency. */
    double meanInterTokenError() {
        return points.stream()
                .mapToDouble(point -> Math.abs(point.interTokenError()))
                .average()
                .orElseThrow();
    }

    /** Mean of the sizes of the errors of time to first token. */
    double meanFirstTokenError() {
        return points.stream()
                .mapToDouble(point -> Math.abs(point.firstTokenError()))
                .average()
                .orElseThrow();
    }

    String servers() {
        StringBuilder out = new StringBuilder();
        out.append("| server | req/s | ITL ms measured | simulated | error | TTFT ms measured | simulated | error |\n");
        out.append("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        for (AnchorReplay.Point point : points) {
            out.append(row(
                    "| %s | %.1f | %.1f | %.1f | %+.1f %% | %.1f | %.1f | %+.1f %% |",
                    point.anchor().name(),
                    point.measured().requestsPerSecond(),
                    point.measured().interTokenMillis(),
                    point.interTokenMillis(),
                    point.interTokenError() * 100,
                    point.measured().firstTokenMillis(),
                    point.firstTokenMillis(),
                    point.firstTokenError() * 100));
        }
        return out.append(row(
                        "| mean of the sizes | | | | %.1f %% | | | %.1f %% |",
                        meanInterTokenError() * 100, meanFirstTokenError() * 100))
                .toString();
    }

    String clusterRows() {
        StringBuilder out = new StringBuilder();
        out.append(
                "| policy | measured tok/s | constants | simulated | error | hit ratio | mean TTFT s | preemptions |\n");
        out.append("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |\n");
        cluster.forEach((policy, results) -> results.forEach((constants, result) -> out.append(row(
                "| %s | %,.0f | %s | %,.0f | %+.1f %% | %.2f | %.1f | %,d |",
                policy.title(),
                measuredTokensPerSecond(policy),
                constants.title,
                result.tokensPerSecond(),
                clusterError(policy, constants) * 100,
                result.hitRatio(),
                result.firstTokenSeconds(),
                result.totals().preemptions()))));
        return out.toString();
    }

    private static String row(String format, Object... values) {
        return String.format(Locale.ROOT, format, values) + "\n";
    }
}
