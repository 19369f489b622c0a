package io.llmd.lab.result;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The serving-quality goals of the suite, for one contender among the others. Figures are means over the seeds. The goals
 * name the policies that theirs are compared with; where one of these did not run, its goals are left out. Who left requests
 * without a whole answer is not quick: its own times meet no goal, and it is not the best of the others.
 */
public final class Goals {

    private static final String ROUND_ROBIN = "round-robin";
    private static final String LEAST_LOAD = "least-request";
    private static final String APPROXIMATE = "llmd-default";

    private static final double MOST = 1000;

    private final String contender;

    /** @param contender whose goals they are */
    public Goals(String contender) {
        this.contender = contender;
    }

    /** P1 and the ladder's part of P2. */
    public List<GoalFigure> ofLadder(List<RunResult> runs) {
        List<GoalFigure> goals = new ArrayList<>();
        if (!ran(runs, contender)) {
            return goals;
        }
        double p90 = answered(runs, contender) ? mean(runs, contender, Goals::p90) : Double.POSITIVE_INFINITY;
        if (ran(runs, ROUND_ROBIN)) {
            goals.add(GoalFigure.atMost(
                    "P1", name("ttft-p90"), ratio(p90, mean(runs, ROUND_ROBIN, Goals::p90)), 1 / 30.0, ROUND_ROBIN));
            goals.add(GoalFigure.atLeast(
                    "P1",
                    name("output-rate"),
                    mean(runs, contender, RunResult::outputRate) / mean(runs, ROUND_ROBIN, RunResult::outputRate),
                    1.9,
                    ROUND_ROBIN));
        }
        if (ran(runs, APPROXIMATE)) {
            goals.add(GoalFigure.atMost(
                    "P1", name("ttft-p90"), ratio(p90, mean(runs, APPROXIMATE, Goals::p90)), 0.5, APPROXIMATE));
        }
        goals.add(GoalFigure.atLeast(
                "P2", name("ladder-hit"), mean(runs, contender, RunResult::hitEfficiency), 0.97, "one-lru"));
        goals.addAll(meanFirstTokens(runs, "ladder-ttft-mean"));
        return goals;
    }

    /** What hits cost: its mean time to first token in the best of the others. */
    private List<GoalFigure> meanFirstTokens(List<RunResult> runs, String figure) {
        double best = runs.stream()
                .map(RunResult::contender)
                .distinct()
                .filter(other -> !other.equals(contender) && answered(runs, other))
                .mapToDouble(other -> mean(runs, other, Goals::meanFirstToken))
                .min()
                .orElse(Double.NaN);
        double own =
                answered(runs, contender) ? mean(runs, contender, Goals::meanFirstToken) : Double.POSITIVE_INFINITY;
        return Double.isNaN(best)
                ? List.of()
                : List.of(GoalFigure.atMost("P2", name(figure), ratio(own, best), 1.05, "best-contender"));
    }

    /** P2 on the conversation trace as it was recorded. */
    public List<GoalFigure> ofConversation(List<RunResult> runs) {
        if (!ran(runs, contender)) {
            return List.of();
        }
        List<GoalFigure> goals = new ArrayList<>();
        goals.add(GoalFigure.atLeast(
                "P2", name("conversation-hit"), mean(runs, contender, RunResult::hitEfficiency), 0.92, "one-lru"));
        goals.addAll(meanFirstTokens(runs, "conversation-ttft-mean"));
        return goals;
    }

    /** P3: good requests on the conversation trace at three times its speed. */
    public List<GoalFigure> ofFastConversation(List<RunResult> runs) {
        List<GoalFigure> goals = new ArrayList<>();
        if (!ran(runs, contender)) {
            return goals;
        }
        goals.addAll(goodputs(runs, "goodput", RunResult::good));
        goals.addAll(goodputs(runs, "goodput-ttft", RunResult::goodFirstToken));
        return goals;
    }

    /** P4: the knees of all contenders by their name. @param traffic on which they were found */
    public List<GoalFigure> ofKnees(String traffic, Map<String, Double> knees, double target) {
        Double own = knees.get(contender);
        Double roundRobin = knees.get(ROUND_ROBIN);
        return own == null || roundRobin == null
                ? List.of()
                : List.of(
                        GoalFigure.atLeast("P4", name(traffic + "-knee"), ratio(own, roundRobin), target, ROUND_ROBIN));
    }

    /** P5: good requests with faults in those without. */
    public List<GoalFigure> ofFaults(List<RunResult> clean, List<RunResult> faulty) {
        if (!ran(clean, contender) || !ran(faulty, contender)) {
            return List.of();
        }
        double kept = ratio(mean(faulty, contender, RunResult::good), mean(clean, contender, RunResult::good));
        return List.of(GoalFigure.atLeast("P5", name("goodput-kept"), kept, 0.95, "clean"));
    }

    private List<GoalFigure> goodputs(List<RunResult> runs, String figure, ToDoubleFunction<RunResult> value) {
        List<GoalFigure> goals = new ArrayList<>();
        double own = mean(runs, contender, value);
        runs.stream()
                .map(RunResult::contender)
                .distinct()
                .filter(other -> !other.equals(contender))
                .forEach(other -> {
                    double target = switch (other) {
                        case LEAST_LOAD -> 1.18;
                        case ROUND_ROBIN -> 2.4;
                        default -> 1;
                    };
                    goals.add(GoalFigure.atLeast(
                            "P3", name(figure), ratio(own, mean(runs, other, value)), target, other));
                });
        return goals;
    }

    /** Beside nothing, nothing is as much and anything is very much more. */
    private static double ratio(double own, double other) {
        if (other == 0) {
            return own == 0 ? 1 : MOST;
        }
        return Math.min(MOST, own / other);
    }

    private String name(String figure) {
        return contender + "." + figure;
    }

    private static boolean ran(List<RunResult> runs, String name) {
        return runs.stream().anyMatch(run -> run.contender().equals(name));
    }

    private static boolean answered(List<RunResult> runs, String name) {
        return runs.stream()
                .filter(run -> run.contender().equals(name))
                .allMatch(run -> run.finished() == run.requests());
    }

    private static double mean(List<RunResult> runs, String name, ToDoubleFunction<RunResult> value) {
        return runs.stream()
                .filter(run -> run.contender().equals(name))
                .mapToDouble(value)
                .average()
                .orElse(Double.NaN);
    }

    private static double p90(RunResult run) {
        return run.timeToFirstToken().quantile(0.9);
    }

    private static double meanFirstToken(RunResult run) {
        return run.timeToFirstToken().mean();
    }
}
