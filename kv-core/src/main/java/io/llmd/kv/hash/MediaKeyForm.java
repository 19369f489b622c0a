package io.llmd.kv.hash;

/** How a media item enters the hash of a block. */
public enum MediaKeyForm {
    /** The identifier alone, as in vLLM 0.18. */
    IDENTIFIER,
    /** The identifier with its offset from the block's first token, since vLLM 0.19. */
    IDENTIFIER_AND_OFFSET
}
