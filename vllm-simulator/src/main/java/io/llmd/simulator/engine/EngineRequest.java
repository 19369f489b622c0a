package io.llmd.simulator.engine;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One sequence to compute.
 *
 * @param id unique in its engine
 * @param prompt token ids, at least one; not copied and never written
 * @param outputLength tokens the sequence will produce; 0 computes the prompt only
 * @param maxTokens limit the client asked for, at least {@code outputLength}
 * @param endReason how the sequence ends when it has produced {@code outputLength} tokens
 * @param output the tokens it will produce
 * @param cacheSalt keeps its blocks apart from those of other salts
 * @param adapter LoRA adapter, which keeps its blocks apart likewise
 */
public record EngineRequest(
        long id,
        int[] prompt,
        int outputLength,
        int maxTokens,
        FinishReason endReason,
        OutputTokens output,
        @Nullable String cacheSalt,
        @Nullable String adapter) {
    public EngineRequest {
        Objects.requireNonNull(endReason, "endReason");
        Objects.requireNonNull(output, "output");
        if (prompt.length == 0) {
            throw new IllegalArgumentException("prompt: 0 tokens (expected: >= 1)");
        }
        if (outputLength < 0 || maxTokens < outputLength) {
            throw new IllegalArgumentException(
                    "outputLength: " + outputLength + " (expected: 0 to maxTokens " + maxTokens + ")");
        }
    }
}
