package io.llmd.simulator.server;

import io.llmd.simulator.pretrained.PretrainedTokenizer;
import io.llmd.simulator.token.Tokenizer;
import io.llmd.simulator.token.WordTokenizer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tokenizers that endpoints share, since those of models are large. Thread-safe. */
final class Tokenizers implements AutoCloseable {
    private final Tokenizer words = new WordTokenizer();
    private final Map<Path, PretrainedTokenizer> pretrained = new HashMap<>();

    /**
     * The tokenizer of a model's files, or the one that needs no files.
     *
     * @throws IllegalArgumentException if the files are missing or cannot be read
     * @throws IllegalStateException if there is no native code for this machine
     */
    synchronized Tokenizer get(@Nullable Path place) {
        return place == null ? words : pretrained.computeIfAbsent(place.toAbsolutePath(), PretrainedTokenizer::new);
    }

    /** Frees native memory; no thread may use the tokenizers any more. */
    @Override
    public synchronized void close() {
        pretrained.values().forEach(PretrainedTokenizer::close);
        pretrained.clear();
    }
}
