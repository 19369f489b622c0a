package io.llmd.autoscaler.analyzer;

import io.llmd.autoscaler.variant.StepTime;

/**
 * A step time and how well it is known.
 *
 * @param time parameters, without margin
 * @param confidence factor on times so that they are longer than the true ones nine times out of ten, in [1.03, 1.25]
 * @param error mean absolute error of predictions, relative
 * @param samples samples that it was fitted to
 * @param status how it was found
 * @param isClipped whether a parameter would have been negative and was set to zero
 */
public record FittedStepTime(
        StepTime time, double confidence, double error, int samples, FitStatus status, boolean isClipped) {

    static final double LEAST_MARGIN = 1.03;
    static final double WIDEST_MARGIN = 1.25;

    public FittedStepTime {
        if (!(confidence >= 1 && confidence <= WIDEST_MARGIN) || samples < 0) {
            throw new IllegalArgumentException("confidence: " + confidence + ", samples: " + samples
                    + " (expected: 1 to " + WIDEST_MARGIN + ", >= 0)");
        }
    }

    /** What is assumed of a variant that has not been measured. */
    public static FittedStepTime assumed(StepTime prior) {
        return new FittedStepTime(prior, WIDEST_MARGIN, Double.NaN, 0, FitStatus.BOOTSTRAP, false);
    }

    /** Parameters with the margin, and slower still by {@code derate} in (0, 1]. */
    public StepTime cautious(double derate) {
        return time.times(confidence / derate);
    }
}
