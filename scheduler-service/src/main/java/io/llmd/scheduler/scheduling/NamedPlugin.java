package io.llmd.scheduler.scheduling;

import java.util.Objects;

/**
 * A plugin instance under the name that configuration gave it.
 *
 * @param name unique instance name
 * @param plugin the instance
 * @param <T> extension point that the holder calls
 */
public record NamedPlugin<T extends Plugin>(String name, T plugin) {
    public NamedPlugin {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(plugin, "plugin");
    }
}
