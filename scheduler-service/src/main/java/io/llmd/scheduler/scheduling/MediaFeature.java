package io.llmd.scheduler.scheduling;

import java.util.Objects;

/**
 * The placeholder tokens of one image, video or recording in a prompt.
 *
 * @param identifier what the engine calls the content; equal contents have equal ones
 * @param offset position of the first placeholder token in the prompt
 * @param length number of placeholder tokens, at least 1
 */
public record MediaFeature(String identifier, int offset, int length) {
    public MediaFeature {
        Objects.requireNonNull(identifier, "identifier");
        if (offset < 0 || length < 1) {
            throw new IllegalArgumentException(
                    "media: " + length + " tokens at " + offset + " (expected: at least 1 token at 0 or later)");
        }
    }

    /** Whether some of the placeholder tokens are among the {@code count} tokens from {@code from} on. */
    public boolean overlaps(int from, int count) {
        return offset < from + count && offset + (long) length > from;
    }
}
