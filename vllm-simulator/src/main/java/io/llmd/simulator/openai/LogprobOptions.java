package io.llmd.simulator.openai;

import java.util.OptionalInt;

/**
 * Which log-probabilities an answer tells.
 *
 * @param output how many alternatives to each output token, absent for none at all
 * @param prompt how many alternatives to each prompt token, absent for none at all
 * @param tokenIds whether tokens are written as ids
 */
public record LogprobOptions(OptionalInt output, OptionalInt prompt, boolean tokenIds) {
    /** Tells nothing. */
    public static final LogprobOptions NONE = new LogprobOptions(OptionalInt.empty(), OptionalInt.empty(), false);
}
