package io.llmd.lab.result;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * Whether prefill and decode apart keep what they promise. Figures are means over the seeds; runs of other contenders than
 * the named ones are passed over.
 */
public final class SplitGoals {

    private static final String MIXED = "mixed";
    private static final String UNIFIED = "unified";
    private static final List<String> CONSTANT = List.of("never", "always");
    private static final double WORSE = 1.03;

    private final String rule;

    /** @param rule the decider whose goals they are */
    public SplitGoals(String rule) {
        this.rule = rule;
    }

    /**
     * The goals: against endpoints that do both where long prompts meet steady answers, and on all traffics against deciders
     * that always say the same.
     */
    public List<GoalFigure> of(List<RunResult> runs) {
        List<GoalFigure> goals = new ArrayList<>();
        Set<String> traffics = new LinkedHashSet<>();
        runs.forEach(run -> traffics.add(run.traffic()));
        for (String traffic : traffics) {
            Side own = new Side(runs, traffic, rule);
            Side unified = new Side(runs, traffic, UNIFIED);
            if (traffic.equals(MIXED) && own.ran() && unified.ran()) {
                goals.add(GoalFigure.atMost("PD", name(traffic, "itl-p99"), own.gap() / unified.gap(), 1, UNIFIED));
                goals.add(GoalFigure.atLeast(
                        "PD", name(traffic, "goodput"), ratio(own.good(), unified.good()), 1, UNIFIED));
            }
            for (String other : CONSTANT) {
                Side constant = new Side(runs, traffic, other);
                if (own.ran() && constant.ran()) {
                    addAgainst(goals, traffic, own, constant, other);
                }
            }
        }
        return goals;
    }

    private static void addAgainst(List<GoalFigure> goals, String traffic, Side own, Side constant, String other) {
        goals.add(GoalFigure.atMost(
                "PD", name(traffic, "ttft-mean"), own.firstToken() / constant.firstToken(), WORSE, other));
        goals.add(GoalFigure.atMost("PD", name(traffic, "e2e-mean"), own.end() / constant.end(), WORSE, other));
        goals.add(GoalFigure.atLeast(
                "PD", name(traffic, "goodput"), ratio(own.good(), constant.good()), 2 - WORSE, other));
    }

    private static String name(String traffic, String figure) {
        return traffic + "." + figure;
    }

    private static double ratio(double own, double other) {
        return other == 0 ? 1 : own / other;
    }

    /** One contender on one traffic. Whoever left requests without a whole answer took forever. */
    private record Side(List<RunResult> runs) {

        Side(List<RunResult> all, String traffic, String contender) {
            this(all.stream()
                    .filter(run ->
                            run.traffic().equals(traffic) && run.contender().equals(contender))
                    .toList());
        }

        boolean ran() {
            return !runs.isEmpty();
        }

        double firstToken() {
            return answered(run -> run.timeToFirstToken().mean());
        }

        double end() {
            return answered(run -> run.endToEnd().mean());
        }

        double gap() {
            return answered(run -> run.gaps().quantile(0.99));
        }

        double good() {
            return mean(RunResult::good);
        }

        private double answered(ToDoubleFunction<RunResult> millis) {
            boolean isWhole = runs.stream().allMatch(run -> run.finished() == run.requests());
            return isWhole ? mean(millis) : Double.POSITIVE_INFINITY;
        }

        private double mean(ToDoubleFunction<RunResult> value) {
            return runs.stream().mapToDouble(value).average().orElse(Double.NaN);
        }
    }
}
