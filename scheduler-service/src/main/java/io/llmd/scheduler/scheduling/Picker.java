package io.llmd.scheduler.scheduling;

/** Chooses among the scored candidates of a profile. */
public interface Picker extends Plugin {

    /**
     * Chooses endpoints. Must not block.
     *
     * @param candidates never empty
     * @param totals weighted sum of scores at each candidate's position; must not be changed or kept
     * @return positions of the chosen candidates, the best first; at least one
     */
    int[] pick(InferenceRequest request, Candidates candidates, double[] totals);
}
