package io.llmd.launcher.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** What a run of the gateway is measured against, and every figure that it gives. */
final class Goals {

    static final String GATEWAY = "llmd";

    private static final ToDoubleFunction<Sample> P50_MICROS = sample -> sample.p50Nanos() / 1e3;
    private static final ToDoubleFunction<Sample> P99_MICROS = sample -> sample.p99Nanos() / 1e3;
    private static final ToDoubleFunction<Sample> P99_MILLIS = sample -> sample.p99Nanos() / 1e6;

    private static final double MICROS_PER_SECOND = 1e6;
    private static final double LONG_PER_CORE = 1_500;

    private final Results results;
    private final List<GoalLine> lines = new ArrayList<>();

    private Goals(Results results) {
        this.results = results;
    }

    /** Judged goals first, then the figures of each contender. */
    static List<GoalLine> of(Results results, List<String> contenders) {
        Goals goals = new Goals(results);
        goals.judge(contenders);
        contenders.forEach(goals::report);
        return List.copyOf(goals.lines);
    }

    private void judge(List<String> contenders) {
        if (!contenders.contains(GATEWAY)) {
            return;
        }
        cpuRatio("P6", Workload.SHORT, "nginx", 2.0);
        cpuRatio("P6", Workload.SHORT, "relay", 1.0);
        cpuRatio("P6", Workload.SHORT, "scg", 0.5);
        cpuRatio("P6", Workload.SHORT, "vllm-router", 1.0);
        cpuRatio("P6", Workload.SHORT, "smg", 1.0);
        cpuRatio("P6", Workload.SHORT, "litellm", 1.0 / 30);
        judged(
                "P7",
                GATEWAY + ".added-p50",
                Workload.SINGLE,
                added(GATEWAY, P50_MICROS),
                "us",
                100.0,
                GatewayBench.DIRECT);
        results.figure(GATEWAY, Workload.HALF, P99_MILLIS)
                .ifPresent(figure -> lines.add(GoalLine.judged(
                        "P7", GATEWAY + ".half-load-p99", figure, "ms", 2.0, null, results.disturbed(Workload.HALF))));
        cpuRatio("P8", Workload.PACED, "nginx", 1.5);
        cpuRatio("P9", Workload.LONG, "nginx", 3.0);
        results.figure(GATEWAY, Workload.LONG, sample -> MICROS_PER_SECOND / sample.cpuMicros())
                .ifPresent(figure -> lines.add(GoalLine.judgedAtLeast(
                        "P9", GATEWAY + ".long-per-core", figure, "request/s", LONG_PER_CORE, null)));
    }

    private void cpuRatio(String goal, Workload workload, String baseline, double target) {
        judged(
                goal,
                GATEWAY + "." + workload.label() + "-cpu",
                workload,
                results.ratio(GATEWAY, baseline, workload, Sample::cpuMicros),
                "x",
                target,
                baseline);
    }

    private void judged(
            String goal,
            String name,
            Workload workload,
            Optional<Figure> figure,
            String unit,
            double target,
            String baseline) {
        figure.ifPresent(value ->
                lines.add(GoalLine.judged(goal, name, value, unit, target, baseline, results.disturbed(workload))));
    }

    private Optional<Figure> added(String contender, ToDoubleFunction<Sample> value) {
        return results.added(contender, GatewayBench.DIRECT, Workload.SINGLE, value);
    }

    private void report(String contender) {
        absolute("P6", contender, Workload.SHORT, "cpu", Sample::cpuMicros, "us");
        absolute("P6", contender, Workload.SHORT, "rate", Sample::rate, "request/s");
        absolute("P9", contender, Workload.LONG, "cpu", Sample::cpuMicros, "us");
        absolute("P9", contender, Workload.LONG, "rate", Sample::rate, "request/s");
        absolute("P8", contender, Workload.PACED, "cpu", Sample::cpuMicros, "us");
        absolute("P8", contender, Workload.PACED, "rate", Sample::rate, "event/s");
        absolute("P8", contender, Workload.UNPACED, "cpu", Sample::cpuMicros, "us");
        absolute("P8", contender, Workload.UNPACED, "rate", Sample::rate, "event/s");
        reported(contender + ".added-p99", added(contender, P99_MICROS));
        if (!contender.equals(GATEWAY)) {
            reported(contender + ".added-p50", added(contender, P50_MICROS));
            absolute("P7", contender, Workload.HALF, "load-p99", P99_MILLIS, "ms");
        }
    }

    private void absolute(
            String goal,
            String contender,
            Workload workload,
            String measure,
            ToDoubleFunction<Sample> value,
            String unit) {
        results.figure(contender, workload, value)
                .ifPresent(figure -> lines.add(GoalLine.reported(
                        goal,
                        contender + "." + workload.label() + "-" + measure,
                        figure,
                        unit,
                        null,
                        results.disturbed(workload))));
    }

    private void reported(String name, Optional<Figure> figure) {
        figure.ifPresent(value -> lines.add(
                GoalLine.reported("P7", name, value, "us", GatewayBench.DIRECT, results.disturbed(Workload.SINGLE))));
    }
}
