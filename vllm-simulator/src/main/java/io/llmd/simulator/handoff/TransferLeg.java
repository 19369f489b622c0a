package io.llmd.simulator.handoff;

import org.jspecify.annotations.Nullable;

/** Which part of a separated request an engine is asked for. */
public sealed interface TransferLeg {

    /** Prefill and decode, as usual. */
    record Both() implements TransferLeg {}

    /**
     * Prefill; the blocks are to be held for another engine.
     *
     * @param key name under which the other engine asks for them; absent if the answer tells it one
     */
    record Prefill(@Nullable String key) implements TransferLeg {}

    /** Decode, with blocks that another engine holds. */
    record Decode(Handoff handoff) implements TransferLeg {}

    /** Decode, but without what is needed to find the blocks: the prompt is computed here. */
    record Incomplete() implements TransferLeg {}
}
