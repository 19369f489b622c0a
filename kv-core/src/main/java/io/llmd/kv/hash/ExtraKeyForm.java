package io.llmd.kv.hash;

/** How extra keys enter a hash. KV events carry them bare in either case. */
public enum ExtraKeyForm {
    /** The value alone: an adapter's name, an identifier with its offset, a salt. */
    BARE,
    /**
     * A tuple of what it is and the value, such as {@code ("cache_salt", salt)}; an adapter enters with its path. As in
     * vLLM since 0.31.
     */
    TAGGED
}
