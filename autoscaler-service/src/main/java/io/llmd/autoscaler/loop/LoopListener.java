package io.llmd.autoscaler.loop;

/** Hears of cycles. Called by the thread of the loop; what it throws ends no loop. */
public interface LoopListener {

    /** A cycle has been published. */
    void published(Cycle cycle);

    /** A loop took so long. */
    void took(String stage, long nanos);
}
