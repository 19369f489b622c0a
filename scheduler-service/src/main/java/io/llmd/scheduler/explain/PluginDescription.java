package io.llmd.scheduler.explain;

import java.util.Objects;

/**
 * What a plugin instance is.
 *
 * @param type type name
 * @param parameters its parameters, for people
 */
public record PluginDescription(String type, String parameters) {
    public PluginDescription {
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(parameters, "parameters");
    }
}
