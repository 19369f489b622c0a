package io.llmd.autoscaler.analyzer;

/**
 * What one instance did between two readings of its counters, per engine step.
 *
 * @param instance which instance
 * @param atSeconds when, on the clock of the loop
 * @param readySeconds how long it has been ready
 * @param stepSeconds mean time of a step
 * @param promptTokens mean prompt tokens computed in a step
 * @param sequences mean sequences decoded in a step
 * @param contextTokens mean tokens in memory
 * @param isDisturbed whether something was preempted meanwhile or a counter began anew
 */
public record FitSample(
        String instance,
        double atSeconds,
        double readySeconds,
        double stepSeconds,
        double promptTokens,
        double sequences,
        double contextTokens,
        boolean isDisturbed) {

    double[] x() {
        return new double[] {1, promptTokens, sequences, contextTokens};
    }
}
