package io.llmd.simulator.openai;

import io.llmd.simulator.output.Sampling;
import io.llmd.simulator.token.RenderedPrompt;

/**
 * A chat request that was read and checked.
 *
 * @param model name for the answer
 * @param room tokens that the prompt leaves
 */
public record ChatRequest(
        String model, RenderedPrompt prompt, int room, Sampling sampling, LogprobOptions logprobs, ChatStyle style) {}
