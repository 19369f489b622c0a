package io.llmd.simulator.accuracy;

import io.llmd.simulator.engine.GpuModel;
import io.llmd.simulator.routing.RoutingPolicy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** Measured figures beside simulated ones, as Markdown. */
final class AccuracyTable {

    /** Which constants of the engine a run of the cluster experiment uses. */
    enum Constants {
        UNCALIBRATED("as fitted on vLLM 0.15.1", GpuModel.H100),
        CALIBRATED("step overhead 6.5 ms", GpuModel.H100.withStepNanos(6.5e6));

        final String title;
        final GpuModel gpu;

        Constants(String title, GpuModel gpu) {
            this.title = title;
            this.gpu = gpu;
        }
    }

    private record Run(RoutingPolicy policy, Constants constants) {}

    private final List<AnchorReplay.Point> points = new ArrayList<>();
    private final Map<RoutingPolicy, Map<Constants, CacheWinsRuns>> cluster = new EnumMap<>(RoutingPolicy.class);

    /** Runs the servers that were measured alone. */
    static List<AnchorReplay.Point> anchors() {
        return replay(Anchor.ALL);
    }

    /** Runs the servers of mixtures of experts, and no cluster. */
    static AccuracyTable mixtures() {
        AccuracyTable table = new AccuracyTable();
        table.points.addAll(replay(Anchor.MIXTURES));
        return table;
    }

    private static List<AnchorReplay.Point> replay(List<Anchor> anchors) {
        return anchors.stream()
                .flatMap(anchor -> AnchorReplay.run(anchor).stream())
                .toList();
    }

    /** Runs everything. */
    static AccuracyTable run() {
        AccuracyTable table = new AccuracyTable();
        table.points.addAll(anchors());
        // Runs are independent and long.
        List<Run> runs = Arrays.stream(RoutingPolicy.values())
                .flatMap(policy -> Arrays.stream(Constants.values()).map(constants -> new Run(policy, constants)))
                .toList();
        List<CacheWinsRuns> results = runs.parallelStream()
                .map(run -> CacheWinsRuns.of(run.policy(), run.constants().gpu))
                .toList();
        for (int i = 0; i < runs.size(); i++) {
            table.cluster
                    .computeIfAbsent(runs.get(i).policy(), any -> new EnumMap<>(Constants.class))
                    .put(runs.get(i).constants(), results.get(i));
        }
        return table;
    }

    List<AnchorReplay.Point> points() {
        return points;
    }

    CacheWinsRuns cluster(RoutingPolicy policy, Constants constants) {
        return Objects.requireNonNull(
                Objects.requireNonNull(cluster.get(policy)).get(constants));
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
        out.append("| policy | measured tok/s | constants | simulated | error | single runs | hit ratio"
                + " | mean TTFT s measured | simulated | preemptions |\n");
        out.append("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        cluster.forEach((policy, results) -> results.forEach((constants, runs) -> out.append(row(
                "| %s | %,.0f | %s | %,.0f | %+.1f %% | %+.1f to %+.1f %% | %.2f | %.1f | %.1f | %,.0f |",
                policy.title(),
                runs.measured(CacheWinsStage::tokensPerSecond),
                constants.title,
                runs.tokensPerSecond(),
                runs.error() * 100,
                runs.lowestError() * 100,
                runs.highestError() * 100,
                runs.mean(CacheWins.Result::hitRatio),
                runs.measured(CacheWinsStage::firstTokenSeconds),
                runs.mean(CacheWins.Result::firstTokenSeconds),
                runs.mean(CacheWins.Result::preemptions)))));
        return out.toString();
    }

    private static String row(String format, Object... values) {
        return String.format(Locale.ROOT, format, values) + "\n";
    }
}
