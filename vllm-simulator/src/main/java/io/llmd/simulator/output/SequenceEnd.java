package io.llmd.simulator.output;

import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.engine.HeldBlocks;
import org.jspecify.annotations.Nullable;

/**
 * How a sequence ended.
 *
 * @param cachedTokens prompt tokens that were not computed, whether found in the prefix cache or sent by another engine
 * @param held blocks that wait for another engine to read them
 * @param lost whether the engine never got it, or failed, so that there is no answer
 */
public record SequenceEnd(
        FinishReason reason, int cachedTokens, @Nullable HeldBlocks held, boolean lost) {
    public SequenceEnd(FinishReason reason, int cachedTokens, @Nullable HeldBlocks held) {
        this(reason, cachedTokens, held, false);
    }

    /** The end of a sequence that the engine never got, or lost. */
    public static SequenceEnd ofLost() {
        return new SequenceEnd(FinishReason.ABORT, 0, null, true);
    }
}
