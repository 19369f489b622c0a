package io.llmd.kv.lane;

/** What one removal means when a block was stored several times. */
public enum RemovalMode {
    /** One copy is gone; the block is when as many removals came as stores. vLLM. */
    PHYSICAL,
    /** The block is gone, however often it was stored. SGLang, Mooncake. */
    LOGICAL
}
