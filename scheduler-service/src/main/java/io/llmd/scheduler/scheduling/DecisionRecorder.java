package io.llmd.scheduler.scheduling;

import org.jspecify.annotations.Nullable;

/**
 * Watches a decision. {@link #NONE} costs nothing. Used by one thread at a time.
 *
 * <p>Every call of a plugin lies between {@link #begins} and {@link #ends}, which do not nest, so that an implementation
 * can time it; what the plugin answered is told between the two.
 */
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

    /** A plugin is about to be called; {@code profile} is null where plugins serve the whole decision. */
    default void begins(ExtensionPoint point, @Nullable String profile, String plugin) {}

    /** The call has returned or thrown. */
    default void ends() {}

    /** The plugin's call failed and is left out, or did not happen because data is missing. */
    default void leftOut(String plugin) {}

    /** The plugin was not called, because it has failed again and again or hangs. */
    default void passedOver(String plugin) {}

    /** A screener has run; the decision goes on with those whom all screeners kept. */
    default void screened(String plugin, Candidates before, Candidates kept) {}

    /** An admitter denied the request. */
    default void denied(String plugin, String message) {}

    /** A filter has run. */
    void filtered(String profile, String plugin, Candidates before, Candidates after);

    /** A scorer has run; {@code scores} are clamped and not yet weighted, valid during the call only. */
    void scored(String profile, String plugin, double weight, Candidates candidates, double[] scores);

    /** The picker has chosen {@code positions} of {@code candidates}; {@code totals} are valid during the call only. */
    void picked(String profile, String plugin, Candidates candidates, double[] totals, int[] positions);
}
