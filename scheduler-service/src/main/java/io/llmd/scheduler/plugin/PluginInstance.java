package io.llmd.scheduler.plugin;

import io.llmd.scheduler.scheduling.Plugin;
import java.util.Objects;

/**
 * A plugin that a configuration made. An instance whose name, type and parameters stay the same outlives a reload, so
 * that its state does.
 *
 * @param name unique instance name
 * @param type type name, never an alias
 * @param params checked parameters
 * @param plugin the instance
 */
public record PluginInstance(String name, String type, Record params, Plugin plugin) {
    public PluginInstance {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(params, "params");
        Objects.requireNonNull(plugin, "plugin");
    }
}
