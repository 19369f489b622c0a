package io.llmd.scheduler.flowcontrol;

import org.jspecify.annotations.Nullable;

/**
 * Chooses among the flows of one band that have requests waiting. Called by one thread. A flow is the same object from
 * {@link #added} to {@link #removed}; a selector may keep a {@linkplain Flow#attachment note} on it meanwhile.
 */
public interface FlowSelector {

    /** The flow has a request now. */
    void added(Flow flow);

    /** The request that would leave the flow first is another one now. */
    void headChanged(Flow flow);

    /** The flow has no request any more. */
    void removed(Flow flow);

    /**
     * The flow whose head goes next, null when none has requests. Changes nothing that a second call would see.
     *
     * @param nowNanos reading of the monotonic clock
     */
    @Nullable
    Flow select(long nowNanos);

    /** The head of the selected flow was dispatched; told before {@link #headChanged} or {@link #removed}. */
    void served(Flow flow, FlowRequest request, long nowNanos);
}
