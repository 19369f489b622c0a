package io.llmd.simulator.output;

import org.jspecify.annotations.Nullable;

/** Decides what a choice says. */
@FunctionalInterface
public interface OutputSource {
    /** Says what the tokenizer's words say. */
    OutputSource WORDS = (key, tokens, endsItself) -> null;

    /**
     * The output of one choice.
     *
     * @param key of the choice's content and seed; equal keys give equal outputs
     * @param tokens length that a free output has
     * @param endsItself whether a free output ends before the limit, its last token being the end of the text
     * @return what is said, null for words
     */
    @Nullable
    Script script(long key, int tokens, boolean endsItself);
}
