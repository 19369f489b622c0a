package io.llmd.simulator.cluster;

import io.llmd.simulator.engine.OutputTokens;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks for.
 *
 * @param id unique in its simulation
 * @param prompt token ids, at least one; not copied and never written, so that requests may share an array
 * @param outputLength tokens that will be produced, at least one
 * @param output what these will be
 * @param priority lower goes first, where an engine orders by it
 * @param cacheSalt keeps its blocks apart from those of other salts
 * @param adapter LoRA adapter
 * @param attachment whatever workload, router or consumer of the results want to find again
 */
public record ClientRequest(
        long id,
        int[] prompt,
        int outputLength,
        OutputTokens output,
        long priority,
        @Nullable String cacheSalt,
        @Nullable String adapter,
        @Nullable Object attachment) {
    public ClientRequest {
        Objects.requireNonNull(output, "output");
        if (prompt.length == 0) {
            throw new IllegalArgumentException("prompt: 0 tokens (expected: >= 1)");
        }
        if (outputLength < 1) {
            throw new IllegalArgumentException("outputLength: " + outputLength + " (expected: >= 1)");
        }
    }

    /** A plain request whose output is its own. */
    public static ClientRequest text(long id, int[] prompt, int outputLength) {
        int first = (int) (id * 0x9E3779B97F4A7C15L >>> 33);
        OutputTokens output = index -> first + index & Integer.MAX_VALUE;
        return new ClientRequest(id, prompt, outputLength, output, 0, null, null, null);
    }

    /** The same request with something else to find again. */
    public ClientRequest withAttachment(@Nullable Object value) {
        return new ClientRequest(id, prompt, outputLength, output, priority, cacheSalt, adapter, value);
    }

    /** The same request for a LoRA adapter. */
    public ClientRequest withAdapter(@Nullable String value) {
        return new ClientRequest(id, prompt, outputLength, output, priority, cacheSalt, value, attachment);
    }
}
