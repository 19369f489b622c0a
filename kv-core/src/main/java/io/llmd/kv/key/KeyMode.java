package io.llmd.kv.key;

/** How the keys of a block index are computed. Fixed for the lifetime of an index. */
public enum KeyMode {
    /** llm-d's {@code xxh64}. */
    XXH64,
    /** llm-d's {@code cbor-fnv}: FNV-1a over canonical CBOR; several times slower. */
    CBOR_FNV,
    /** Multiply-and-fold over pairs of tokens; the fastest, and with a secret seed hard to collide on purpose. */
    FOLD64
}
