package io.llmd.simulator.openai;

import io.llmd.simulator.output.Sampling;
import io.llmd.simulator.token.RenderedPrompt;
import java.util.List;

/**
 * A text completion request that was read and checked.
 *
 * @param model name for the answer
 * @param echo whether the answer repeats the prompt
 * @param promptOnly whether it leaves out the output
 */
public record CompletionRequest(
        String model,
        List<RenderedPrompt> prompts,
        Sampling sampling,
        LogprobOptions logprobs,
        boolean echo,
        boolean promptOnly) {
    public CompletionRequest {
        prompts = List.copyOf(prompts);
    }
}
