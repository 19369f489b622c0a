package io.llmd.simulator.engine;

import java.util.List;
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
 * @param priority lower goes first, where the engine orders by it
 * @param cacheSalt keeps its blocks apart from those of other salts
 * @param adapter LoRA adapter, which keeps its blocks apart likewise
 * @param media media in the prompt, in the order of their offsets
 * @param remoteTokens leading prompt tokens whose blocks another engine holds for it; 0 for none
 * @param holdBlocks whether its blocks stay under a lease after a clean end, for another engine to read
 * @param cacheHitThreshold share of the prompt that must be cached, in [0, 1]; with less the sequence ends at once with
 *     {@link FinishReason#CACHE_THRESHOLD}
 */
public record EngineRequest(
        long id,
        int[] prompt,
        int outputLength,
        int maxTokens,
        FinishReason endReason,
        OutputTokens output,
        long priority,
        @Nullable String cacheSalt,
        @Nullable String adapter,
        List<MediaKey> media,
        int remoteTokens,
        boolean holdBlocks,
        double cacheHitThreshold) {
    public EngineRequest {
        Objects.requireNonNull(endReason, "endReason");
        Objects.requireNonNull(output, "output");
        media = List.copyOf(media);
        if (prompt.length == 0) {
            throw new IllegalArgumentException("prompt: 0 tokens (expected: >= 1)");
        }
        if (outputLength < 0 || maxTokens < outputLength) {
            throw new IllegalArgumentException(
                    "outputLength: " + outputLength + " (expected: 0 to maxTokens " + maxTokens + ")");
        }
        if (remoteTokens < 0 || remoteTokens > prompt.length) {
            throw new IllegalArgumentException(
                    "remoteTokens: " + remoteTokens + " (expected: 0 to " + prompt.length + ")");
        }
        if (!(cacheHitThreshold >= 0 && cacheHitThreshold <= 1)) {
            throw new IllegalArgumentException("cacheHitThreshold: " + cacheHitThreshold + " (expected: 0 to 1)");
        }
        for (MediaKey item : media) {
            if (item.end() > prompt.length) {
                throw new IllegalArgumentException(
                        "media: " + item + " (expected: to end within " + prompt.length + " tokens)");
            }
        }
    }

    /** A plain text request that ends at its limit. */
    public static EngineRequest text(long id, int[] prompt, int outputLength, OutputTokens output) {
        return new EngineRequest(
                id,
                prompt,
                outputLength,
                outputLength,
                FinishReason.LENGTH,
                output,
                0,
                null,
                null,
                List.of(),
                0,
                false,
                0);
    }
}
