package io.llmd.kv.hash;

import java.util.Arrays;

/** One thing besides tokens that tells blocks apart. */
public sealed interface ExtraKey {

    /**
     * The LoRA adapter that computed the block.
     *
     * @param path where the engine loaded it from; hashed in {@link ExtraKeyForm#TAGGED} form only
     */
    record Adapter(String name, String path) implements ExtraKey {}

    /**
     * A media item and where it begins.
     *
     * @param identifier content hash of the item, or the id that the client gave it
     * @param offset first token of the item's placeholder, counted from the block's first token; negative when the item
     *     began in an earlier block
     */
    record MediaItem(String identifier, int offset) implements ExtraKey {}

    /** A media item without its place. */
    record MediaIdentifier(String identifier) implements ExtraKey {}

    /** What keeps one client's blocks from another's. */
    record CacheSalt(String salt) implements ExtraKey {}

    /** SHA-256 of the block's slice of prompt embeddings. Immutable; equal when the bytes are. */
    final class PromptEmbedding implements ExtraKey {

        private final byte[] digest;

        public PromptEmbedding(byte[] digest) {
            this.digest = digest.clone();
        }

        /** A copy of the bytes. */
        public byte[] digest() {
            return digest.clone();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof PromptEmbedding that && Arrays.equals(digest, that.digest);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(digest);
        }

        @Override
        public String toString() {
            return "PromptEmbedding[" + digest.length + " bytes]";
        }
    }
}
