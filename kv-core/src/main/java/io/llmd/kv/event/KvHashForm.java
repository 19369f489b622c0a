package io.llmd.kv.event;

/** How a block hash is written. */
public enum KvHashForm {
    /** The 64-bit id as an unsigned integer: vLLM's default. */
    UNSIGNED,
    /** The 64-bit id as a signed integer: SGLang, and vLLM with its first hash function. */
    SIGNED,
    /** The whole digest as bytes: vLLM with {@code VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES=0}. */
    DIGEST
}
