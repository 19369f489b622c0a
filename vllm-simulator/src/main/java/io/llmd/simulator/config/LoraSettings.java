package io.llmd.simulator.config;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * LoRA adapters.
 *
 * @param enabled whether there can be any
 * @param modules those that are there from the start
 * @param runtimeUpdating whether requests may load and unload some
 */
public record LoraSettings(boolean enabled, List<LoraModule> modules, boolean runtimeUpdating) {
    public LoraSettings {
        modules = List.copyOf(modules);
        Set<String> names = new HashSet<>();
        for (LoraModule module : modules) {
            if (!names.add(module.name())) {
                throw new IllegalArgumentException("adapter " + module.name() + " is there twice (expected: once)");
            }
        }
    }
}
