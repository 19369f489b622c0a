package io.llmd.autoscaler.planner;

/**
 * How fast a variant may be scaled.
 *
 * @param downWindowSeconds for how long a higher number that was needed counts
 * @param maxStepDown largest share that is taken away within a period, in (0, 1]; one replica always may be
 * @param downPeriodSeconds that period
 */
public record Behaviour(double downWindowSeconds, double maxStepDown, double downPeriodSeconds) {

    /** 300 s, and half of the replicas a minute. */
    public static final Behaviour USUAL = new Behaviour(300, 0.5, 60);

    public Behaviour {
        if (!(downWindowSeconds >= 0) || !(maxStepDown > 0 && maxStepDown <= 1) || !(downPeriodSeconds > 0)) {
            throw new IllegalArgumentException("behaviour: window " + downWindowSeconds + " s, step " + maxStepDown
                    + ", period " + downPeriodSeconds + " s (expected: >= 0, in (0, 1], > 0)");
        }
    }
}
