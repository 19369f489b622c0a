package io.llmd.kv.hash;

import java.util.ArrayList;
import java.util.List;

/**
 * The extra keys of one block, in vLLM's order: adapter name, media items, cache salt, prompt-embedding digest.
 *
 * @param keys empty for a block that has none
 */
public record ExtraKeys(List<ExtraKey> keys) {

    public static final ExtraKeys NONE = new ExtraKeys(List.of());

    public ExtraKeys {
        keys = List.copyOf(keys);
    }

    public static ExtraKeys of(ExtraKey... keys) {
        return new ExtraKeys(List.of(keys));
    }

    public boolean isEmpty() {
        return keys.isEmpty();
    }

    /** These keys and one more behind them. */
    public ExtraKeys with(ExtraKey key) {
        List<ExtraKey> longer = new ArrayList<>(keys);
        longer.add(key);
        return new ExtraKeys(longer);
    }
}
