package io.llmd.simulator.engine;

import java.util.Objects;

/**
 * An image, a sound or a video in a prompt: a run of placeholder tokens whose meaning its hash tells.
 *
 * @param hash of its content
 * @param offset position of its first placeholder token
 * @param length placeholder tokens
 */
public record MediaKey(String hash, int offset, int length) {
    public MediaKey {
        Objects.requireNonNull(hash, "hash");
        if (offset < 0 || length < 1) {
            throw new IllegalArgumentException(
                    "media: offset " + offset + ", length " + length + " (expected: >= 0, >= 1)");
        }
    }

    /** First position after it. */
    public int end() {
        return offset + length;
    }

    /** Whether it lies in positions {@code from} to {@code to}, the latter excluded, in part at least. */
    public boolean overlaps(int from, int to) {
        return offset < to && end() > from;
    }
}
