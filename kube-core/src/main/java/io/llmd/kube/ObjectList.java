package io.llmd.kube;

import java.util.List;
import java.util.Objects;

/**
 * All objects at one moment.
 *
 * @param items the objects
 * @param version resource version of the list; a watch begins there
 */
public record ObjectList<T>(List<T> items, String version) {
    public ObjectList {
        items = List.copyOf(items);
        Objects.requireNonNull(version, "version");
    }
}
