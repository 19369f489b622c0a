package io.llmd.kv.event;

import org.jspecify.annotations.Nullable;

/**
 * The adapter that blocks were computed with.
 *
 * @param id number of the adapter inside one engine process
 * @param name what identifies it across endpoints; older producers do not say it
 */
public record LoraAdapter(@Nullable Integer id, @Nullable String name) {

    public LoraAdapter {
        if (id == null && name == null) {
            throw new IllegalArgumentException("adapter: no id and no name (expected: one of them)");
        }
    }
}
