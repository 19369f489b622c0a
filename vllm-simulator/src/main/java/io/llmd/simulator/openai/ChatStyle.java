package io.llmd.simulator.openai;

import org.jspecify.annotations.Nullable;

/**
 * What a chat request changes about the form of its answer.
 *
 * @param role who speaks
 * @param echo text before the output, may be empty
 * @param promptText the prompt if it is to be told
 * @param tools how calls of tools come about
 * @param namedTool whether the request names the one tool to call
 */
public record ChatStyle(String role, String echo, @Nullable String promptText, Tools tools, boolean namedTool) {

    /** How calls of tools come about. */
    public enum Tools {
        /** Nobody looks for calls in the output. */
        NO_PARSER,
        /** The model calls if it likes to. */
        FREE,
        /** The request demands a call. */
        FORCED
    }
}
