package io.llmd.lab.autoscale;

import org.jspecify.annotations.Nullable;

/** Decides numbers of replicas in one run. For one thread. */
interface Controller {

    /** Called each second of virtual time. */
    void second(Cluster cluster, double now);

    /**
     * Replicas that are wanted of a kind, as a metric of which one stands for one replica; not whole where rounding is left to who
     * asks for them. NaN for no change.
     */
    double wanted(int kind);

    /** Who asks for them, and how. */
    Actuation actuation();

    /** Which share of the requests of a tier each variant should get; null where nothing is said, and then all are alike. */
    default double @Nullable [] shares(int tier) {
        return null;
    }

    /** Cycles that were decided without an explanation. */
    default int unexplained() {
        return 0;
    }

    /** Milliseconds of this machine that the longest decision took; NaN when that was not measured. */
    default double slowestMillis() {
        return Double.NaN;
    }
}
