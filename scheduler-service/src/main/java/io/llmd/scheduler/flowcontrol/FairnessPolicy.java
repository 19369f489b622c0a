package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.scheduling.Plugin;

/** Shares a priority band among its flows. */
public interface FairnessPolicy extends Plugin {

    /** Makes the state for one band. A band asks again when its policy changes; its flows are then told anew. */
    FlowSelector newSelector();

    /** Tells meters what the policy has counted. Called about once per second by the one thread of flow control. */
    default void report(FlowObserver observer, long nowNanos) {}
}
