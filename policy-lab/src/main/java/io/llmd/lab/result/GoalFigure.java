package io.llmd.lab.result;

/**
 * A figure beside its goal, as {@code llmd lab report --json} prints it.
 *
 * @param goal its number, P1 to P5
 * @param baseline what the value is compared with
 */
public record GoalFigure(
        String goal, String name, double value, String unit, double target, boolean pass, String baseline) {

    static GoalFigure atLeast(String goal, String name, double value, double target, String baseline) {
        return new GoalFigure(goal, name, rounded(value), "ratio", target, value >= target, baseline);
    }

    static GoalFigure atMost(String goal, String name, double value, double target, String baseline) {
        return new GoalFigure(goal, name, rounded(value), "ratio", target, value <= target, baseline);
    }

    private static double rounded(double value) {
        return Math.round(value * 10_000) / 10_000.0;
    }
}
