package io.llmd.scheduler.plugin.scorer;

/** Scores that are linear in a number, 0 where the number is missing (NaN). */
final class LinearScores {

    /** Which end of the range is good. */
    enum Direction {
        LOWER_IS_BETTER,
        HIGHER_IS_BETTER
    }

    private LinearScores() {}

    /** Replaces numbers by scores over the range of those that are there; all equal score 1. */
    static void adaptive(double[] values, Direction direction) {
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        for (double value : values) {
            if (!Double.isNaN(value)) {
                min = Math.min(min, value);
                max = Math.max(max, value);
            }
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = min == max && !Double.isNaN(values[i]) ? 1.0 : score(values[i], min, max, direction);
        }
    }

    /** Replaces numbers by scores over a range; what is outside counts as its nearer end. */
    static void fixed(double[] values, double min, double max, Direction direction) {
        for (int i = 0; i < values.length; i++) {
            values[i] = score(values[i], min, max, direction);
        }
    }

    private static double score(double value, double min, double max, Direction direction) {
        if (Double.isNaN(value)) {
            return 0.0;
        }
        double share = (Math.clamp(value, min, max) - min) / (max - min);
        return switch (direction) {
            case LOWER_IS_BETTER -> 1.0 - share;
            case HIGHER_IS_BETTER -> share;
        };
    }
}
