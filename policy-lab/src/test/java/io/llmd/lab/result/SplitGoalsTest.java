package io.llmd.lab.result;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SplitGoalsTest {

    private final SplitGoals goals = new SplitGoals("rule");

    @Test
    void theMixIsComparedWithEndpointsThatDoBoth() {
        List<GoalFigure> figures = goals.of(List.of(run("mixed", "unified", 100, 0.8), run("mixed", "rule", 50, 0.9)));

        assertThat(figures).extracting(GoalFigure::name).containsExactly("mixed.itl-p99", "mixed.goodput");
        assertThat(figures).extracting(GoalFigure::value).containsExactly(0.5, 1.125);
        assertThat(figures).allMatch(GoalFigure::pass);
    }

    @Test
    void everyTrafficIsComparedWithBothConstantAnswersAndThreePerCentAreAllowed() {
        List<GoalFigure> figures = goals.of(List.of(
                run("chat", "unified", 1, 1),
                run("chat", "never", 100, 0.9),
                run("chat", "always", 104, 0.5),
                run("chat", "rule", 103, 0.87)));

        assertThat(figures).hasSize(6).extracting(GoalFigure::goal).containsOnly("PD");
        assertThat(figures)
                .extracting(GoalFigure::baseline)
                .containsExactly("never", "never", "never", "always", "always", "always");
        assertThat(figures).extracting(GoalFigure::pass).containsExactly(true, true, false, true, true, true);
    }

    @Test
    void whoLeftRequestsUnansweredIsNotQuick() {
        RunResult broken = run("chat", "rule", 1, 1, 0);

        assertThat(goals.of(List.of(run("chat", "never", 100, 1), broken)))
                .extracting(GoalFigure::pass)
                .containsExactly(false, false, true);
    }

    private static RunResult run(String traffic, String contender, double millis, double good) {
        return run(traffic, contender, millis, good, 1);
    }

    private static RunResult run(String traffic, String contender, double millis, double good, int finished) {
        Distribution all = new Distribution(new double[] {millis}, 1);
        return new RunResult(
                traffic, contender, 1, 1, finished, 0, all, all, all, all, good, good, 0.5, 0.9, 1, 100, 1, 0, 1);
    }
}
