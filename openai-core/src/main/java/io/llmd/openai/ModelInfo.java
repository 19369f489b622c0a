package io.llmd.openai;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One entry of the model list.
 *
 * @param id name that requests use, never empty
 * @param created Unix time in seconds
 * @param ownedBy who serves it
 * @param maxModelLen tokens of prompt and output that it takes; 0 when unknown
 * @param parent base model of an adapter
 * @param root where it was loaded from
 */
public record ModelInfo(
        String id,
        long created,
        String ownedBy,
        int maxModelLen,
        @Nullable String parent,
        @Nullable String root) {
    public ModelInfo {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(ownedBy, "ownedBy");
        if (id.isEmpty()) {
            throw new IllegalArgumentException("id: empty (expected: a name)");
        }
    }
}
