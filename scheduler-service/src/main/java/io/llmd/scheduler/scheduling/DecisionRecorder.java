package io.llmd.scheduler.scheduling;

/** Watches a decision for explanations. {@link #NONE} costs nothing. Used by one thread. */
public interface DecisionRecorder {

    /** Records nothing. */
    DecisionRecorder NONE = new DecisionRecorder() {
        @Override
        public void filtered(String profile, String plugin, Candidates before, Candidates after) {}

        @Override
        public void scored(String profile, String plugin, double weight, Candidates candidates, double[] scores) {}

        @Override
        public void picked(String profile, String plugin, Candidates candidates, double[] totals, int[] positions) {}
    };

    /** A filter has run. */
    void filtered(String profile, String plugin, Candidates before, Candidates after);

    /** A scorer has run; {@code scores} are clamped and not yet weighted, valid during the call only. */
    void scored(String profile, String plugin, double weight, Candidates candidates, double[] scores);

    /** The picker has chosen {@code positions} of {@code candidates}. */
    void picked(String profile, String plugin, Candidates candidates, double[] totals, int[] positions);
}
