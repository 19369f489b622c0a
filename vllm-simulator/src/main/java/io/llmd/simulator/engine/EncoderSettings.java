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

    /** The same encoder with another time for each item. */
    public EncoderSettings withBaseNanos(long nanos) {
        return new EncoderSettings(nanos, perTokenNanos, cacheTokens, encodeOnly);
    }

    /** The same encoder with another time for each placeholder token. */
    public EncoderSettings withPerTokenNanos(long nanos) {
        return new EncoderSettings(baseNanos, nanos, cacheTokens, encodeOnly);
    }

    /** The same encoder with another size of its cache. */
    public EncoderSettings withCacheTokens(int tokens) {
        return new EncoderSettings(baseNanos, perTokenNanos, tokens, encodeOnly);
    }

    /** The same encoder, running alone or not. */
    public EncoderSettings withEncodeOnly(boolean alone) {
        return new EncoderSettings(baseNanos, perTokenNanos, cacheTokens, alone);
    }
}
