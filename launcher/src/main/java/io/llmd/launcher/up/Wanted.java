package io.llmd.launcher.up;

import java.util.Optional;

/** What the autoscaler wants. */
@FunctionalInterface
interface Wanted {

    /**
     * A decision.
     *
     * @param replicas how many endpoints there should be
     * @param costPerHour what they cost
     * @param attainment share of requests that kept their targets; NaN when that is not known
     * @param whyNotLess in a sentence
     * @param whyNotMore in a sentence
     */
    record Decision(int replicas, double costPerHour, double attainment, String whyNotLess, String whyNotMore) {}

    /** The last decision; empty when it cannot be told, and then nothing changes. */
    Optional<Decision> last() throws InterruptedException;
}
