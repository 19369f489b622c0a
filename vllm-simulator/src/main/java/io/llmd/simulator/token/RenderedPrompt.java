package io.llmd.simulator.token;

import io.llmd.simulator.engine.CounterRandom;
import java.util.List;

/**
 * A prompt as the engine gets it.
 *
 * @param tokens ids, those of placeholders included; not copied and never written
 * @param media what the placeholders stand for, in ascending order of offsets, which do not overlap
 */
public record RenderedPrompt(int[] tokens, List<MediaItem> media) {
    public RenderedPrompt {
        media = List.copyOf(media);
    }

    /** A prompt of text alone. */
    public static RenderedPrompt of(int[] tokens) {
        return new RenderedPrompt(tokens, List.of());
    }

    /** The number of tokens. */
    public int length() {
        return tokens.length;
    }

    /** A hash of tokens and media; that of the tokens if there is no media. */
    public long contentHash() {
        long hash = ContentHash.of(tokens);
        for (MediaItem item : media) {
            hash = CounterRandom.bits(hash, ContentHash.of(item.hash()), item.offset());
        }
        return hash;
    }
}
