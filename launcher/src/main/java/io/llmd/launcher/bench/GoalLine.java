package io.llmd.launcher.bench;

import org.jspecify.annotations.Nullable;

/**
 * One figure of a run, as printed with {@code --json}.
 *
 * @param goal number of the goal that it belongs to, see docs/benchmarks.md
 * @param value median over the rounds; infinite above the last bucket of a histogram
 * @param target value that meets the goal just so; null for a figure that is only reported
 * @param pass null without a target
 * @param baseline what the value is compared with; null for an absolute value
 * @param low lowest value of a round
 * @param high highest value of a round
 * @param disturbed measurements of this workload during which others used the machine
 */
record GoalLine(
        String goal,
        String name,
        double value,
        String unit,
        @Nullable Double target,
        @Nullable Boolean pass,
        @Nullable String baseline,
        double low,
        double high,
        long disturbed) {

    static GoalLine reported(
            String goal, String name, Figure figure, String unit, @Nullable String baseline, long disturbed) {
        return new GoalLine(
                goal,
                name,
                rounded(figure.median()),
                unit,
                null,
                null,
                baseline,
                rounded(figure.low()),
                rounded(figure.high()),
                disturbed);
    }

    static GoalLine judged(
            String goal,
            String name,
            Figure figure,
            String unit,
            double target,
            @Nullable String baseline,
            long disturbed) {
        return new GoalLine(
                goal,
                name,
                rounded(figure.median()),
                unit,
                target,
                figure.median() <= target,
                baseline,
                rounded(figure.low()),
                rounded(figure.high()),
                disturbed);
    }

    /** A figure that is to be as high as its target, or higher. */
    static GoalLine judgedAtLeast(
            String goal, String name, Figure figure, String unit, double target, @Nullable String baseline) {
        return new GoalLine(
                goal,
                name,
                rounded(figure.median()),
                unit,
                target,
                figure.median() >= target,
                baseline,
                rounded(figure.low()),
                rounded(figure.high()),
                0);
    }

    private static double rounded(double value) {
        return Double.isFinite(value) ? Math.round(value * 1000) / 1000.0 : value;
    }
}
