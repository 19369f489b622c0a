package io.llmd.scheduler.scheduling;

/** Rates candidates in [0, 1], higher is better. */
public interface Scorer extends Plugin {

    /**
     * Writes the score of each candidate. Must not block and should not allocate.
     *
     * @param scores as long as {@code candidates}, all 0.0 on entry, at the candidate's position; values outside [0, 1]
     *     are clamped, NaN counts as 0, and both are counted in {@code scheduler.score.invalid}
     */
    void score(InferenceRequest request, Candidates candidates, double[] scores);
}
