package io.llmd.token.pretrained;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The library that does the work. Its native code comes from its jar and is unpacked once into {@code DJL_CACHE_DIR},
 * by default a folder in the user's home. Thread-safe until it is closed.
 */
public final class NativeTokenizer implements AutoCloseable {
    private final HuggingFaceTokenizer tokenizer;

    /**
     * Loads a {@code tokenizer.json}; what it says on truncation and padding does not count.
     *
     * @throws IllegalArgumentException if the file is none
     * @throws IllegalStateException if the native code does not load
     */
    public NativeTokenizer(Path file) {
        // the library would ask a metadata service and report its use, and on a machine with a GPU fetch other code
        absent("ai.djl.offline", "true");
        absent("RUST_FLAVOR", "cpu");
        try {
            tokenizer = HuggingFaceTokenizer.builder()
                    .optTokenizerPath(file)
                    .optTruncation(false)
                    .optPadding(false)
                    .build();
        } catch (EngineException | LinkageError e) {
            throw new IllegalStateException(
                    "tokenizer: the native code of Hugging Face tokenizers does not load on "
                            + System.getProperty("os.name") + " " + System.getProperty("os.arch")
                            + "; it is unpacked into DJL_CACHE_DIR, which must be writable",
                    e);
        } catch (IOException | RuntimeException e) {
            throw new IllegalArgumentException("tokenizer: " + file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static void absent(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    /** Tokens of a text by itself; nothing is added. */
    public int[] encode(String text) {
        return ints(tokenizer.encode(text, false, false).getIds());
    }

    /** Tokens of a text, with what the file's post-processor adds. */
    public int[] encodePrompt(String text) {
        return ints(tokenizer.encode(text, true, false).getIds());
    }

    /** Text of tokens, special tokens included. */
    public String decode(int... tokens) {
        return tokenizer.decode(Arrays.stream(tokens).asLongStream().toArray(), false);
    }

    private static int[] ints(long[] ids) {
        return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
