package io.llmd.simulator.engine;

/**
 * The encoder that turns media into embeddings.
 *
 * @param baseNanos for each item
 * @param perTokenNanos for each of its placeholder tokens
 * @param cacheTokens embeddings kept, in placeholder tokens
 * @param encodeOnly whether the engine runs the encoder alone, without prefill and decode
 */
public record EncoderSettings(long baseNanos, long perTokenNanos, int cacheTokens, boolean encodeOnly) {

    /** 5 ms and 20 µs a token, embeddings of 8,192 tokens kept. */
    public static final EncoderSettings DEFAULTS = new EncoderSettings(5_000_000, 20_000, 8192, false);

    public EncoderSettings {
        if (baseNanos < 0 || perTokenNanos < 0 || cacheTokens < 1) {
            throw new IllegalArgumentException("baseNanos: " + baseNanos + ", perTokenNanos: " + perTokenNanos
                    + ", cacheTokens: " + cacheTokens + " (expected: >= 0, >= 0, >= 1)");
        }
    }
}
