package io.llmd.simulator.token;

import io.llmd.token.chat.Modality;
import java.util.Objects;

/**
 * A part of a prompt that is not text.
 *
 * @param hash of its content, in hexadecimal, or the name the client gave it
 * @param offset of its first placeholder token in the prompt
 * @param length in placeholder tokens, at least 1
 */
public record MediaItem(String hash, int offset, int length, Modality modality) {
    public MediaItem {
        Objects.requireNonNull(modality, "modality");
        if (hash.isEmpty()) {
            throw new IllegalArgumentException("hash: empty (expected: a hash)");
        }
        if (offset < 0 || length < 1) {
            throw new IllegalArgumentException("offset, length: " + offset + ", " + length + " (expected: >= 0, >= 1)");
        }
    }

    /** The same item elsewhere. */
    public MediaItem movedBy(int tokens) {
        return new MediaItem(hash, offset + tokens, length, modality);
    }
}
