package io.llmd.scheduler.flowcontrol;

/** Shares a priority band among its flows. */
public interface FairnessPolicy {

    /** Makes the state for one band. A band asks again when its policy changes; its flows are then told anew. */
    FlowSelector newSelector();
}
