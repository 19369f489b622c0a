package io.llmd.scheduler.scheduling;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Makes the tokens of a request that the engine will make of it. Asked once for each request before its producers run; what
 * it answers stands in place of the {@linkplain RequestBody#prompts() estimate} for everything that follows. A failure or a
 * time-out leaves the estimate, which nobody takes for exact.
 */
public interface PromptTokenizer extends Plugin {

    /** Longest wait for the tokens of a request, more than zero. */
    Duration tokenizeTimeout(InferenceRequest request);

    /**
     * Begins to tokenize. Must not block.
     *
     * @return exact prompts, as many as the request has; none when the tokenizer knows that its own would not be exact.
     *     Completed by any thread, on which the decision then goes on. Null when there is nothing to do
     */
    @Nullable
    CompletionStage<List<Prompt>> tokenize(InferenceRequest request);
}
