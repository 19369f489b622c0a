package io.llmd.lab.result;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GoalsTest {

    @Test
    void goodputIsComparedWithEachOtherContenderAndTheGoalsOwnTargets() {
        List<GoalFigure> goals = new Goals("ours")
                .ofFastConversation(List.of(
                        run("round-robin", 0.3, 500),
                        run("least-request", 0.8, 200),
                        run("other", 0, 900),
                        run("ours", 0.9, 100)));

        assertThat(goals).hasSize(6).extracting(GoalFigure::goal).containsOnly("P3");
        assertThat(goals.subList(0, 3)).extracting(GoalFigure::value).containsExactly(3.0, 1.125, 1000.0);
        assertThat(goals.subList(0, 3)).extracting(GoalFigure::target).containsExactly(2.4, 1.18, 1.0);
        assertThat(goals.subList(0, 3)).extracting(GoalFigure::pass).containsExactly(true, false, true);
    }

    @Test
    void theLadderIsJudgedByTheSlowTenthAndTheOutputRate() {
        List<GoalFigure> goals = new Goals("ours")
                .ofLadder(List.of(run("round-robin", 0.3, 4000), run("llmd-default", 0.9, 250), run("ours", 1, 100)));

        assertThat(goals).extracting(GoalFigure::value).containsExactly(0.025, 1.0, 0.4, 0.9, 0.4);
        assertThat(goals).extracting(GoalFigure::pass).containsExactly(true, false, true, false, true);
    }

    @Test
    void kneesAreMeasuredInThoseOfRoundRobin() {
        GoalFigure knee = new Goals("ours")
                .ofKnees("ladder", Map.of("ours", 3.0, "round-robin", 1.6), 2)
                .getFirst();

        assertThat(knee.value()).isEqualTo(1.875);
        assertThat(knee.pass()).isFalse();
        assertThat(new Goals("ours").ofKnees("ladder", Map.of("ours", 3.0), 2)).isEmpty();
    }

    @Test
    void faultsMayCostATwentiethOfTheGoodRequests() {
        Goals goals = new Goals("ours");

        assertThat(goals.ofFaults(List.of(run("ours", 0.98, 1)), List.of(run("ours", 0.96, 1)))
                        .getFirst()
                        .pass())
                .isTrue();
        assertThat(goals.ofFaults(List.of(run("ours", 0.98, 1)), List.of(run("ours", 0.92, 1)))
                        .getFirst()
                        .pass())
                .isFalse();
    }

    @Test
    void withoutItsRunThereAreNoGoals() {
        assertThat(new Goals("ours").ofLadder(List.of(run("round-robin", 0.3, 4000))))
                .isEmpty();
    }

    @Test
    void whoLeftRequestsUnansweredIsNeitherQuickNorTheBest() {
        List<GoalFigure> goals = new Goals("ours")
                .ofConversation(List.of(run("quick", 0.3, 10, 0), run("round-robin", 0.3, 200), run("ours", 1, 100)));
        assertThat(goals.getLast().value()).isEqualTo(0.5);
        assertThat(goals.getLast().pass()).isTrue();

        List<GoalFigure> failed = new Goals("ours").ofLadder(List.of(run("round-robin", 1, 900), run("ours", 1, 1, 0)));
        assertThat(failed.getFirst().value()).isEqualTo(1000);
        assertThat(failed.getFirst().pass()).isFalse();
        assertThat(new Goals("ours")
                        .ofConversation(List.of(run("round-robin", 1, 900), run("ours", 1, 1, 0)))
                        .getLast()
                        .pass())
                .isFalse();
    }

    private static RunResult run(String contender, double good, double firstTokenMillis) {
        return run(contender, good, firstTokenMillis, 1);
    }

    private static RunResult run(String contender, double good, double firstTokenMillis, int finished) {
        Distribution first = new Distribution(new double[] {firstTokenMillis}, 1);
        Distribution none = new Distribution(new double[0], 0);
        return new RunResult(
                "t", contender, 1, 1, finished, 0, first, first, none, first, good, good, 0, 0.9, 1, 100, 1, 0, 1);
    }
}
