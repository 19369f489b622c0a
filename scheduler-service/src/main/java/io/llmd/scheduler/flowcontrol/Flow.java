package io.llmd.scheduler.flowcontrol;

import org.jspecify.annotations.Nullable;

/** The waiting requests of one fairness id in one band, as a {@link FlowSelector} sees them. */
public abstract class Flow {

    private final String fairnessId;

    /** Note of the band's selector. */
    private @Nullable Object attachment;

    /** A flow without requests. */
    protected Flow(String fairnessId) {
        this.fairnessId = fairnessId;
    }

    /** The id that the requests share. */
    public final String fairnessId() {
        return fairnessId;
    }

    /** The request that leaves first. @throws IllegalStateException when there is none */
    public abstract FlowRequest head();

    /** Sort key of {@link #head} by the ordering policy of the band. */
    public abstract long headKey();

    /** When {@link #head} came. */
    public abstract long headEnqueuedNanos();

    /** Order of arrival of {@link #head} among all requests. */
    public abstract long headSequence();

    /** The selector's note, null when it has made none. */
    public final @Nullable Object attachment() {
        return attachment;
    }

    /** Leaves a note on the flow. */
    public final void attach(@Nullable Object note) {
        attachment = note;
    }
}
