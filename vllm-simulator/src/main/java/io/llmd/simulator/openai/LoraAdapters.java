package io.llmd.simulator.openai;

import io.llmd.simulator.config.LoraModule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The adapters that an endpoint serves under their names. Thread-safe; changes hold a lock for a few instructions. */
public final class LoraAdapters {
    private volatile Map<String, LoraModule> modules;

    public LoraAdapters(List<LoraModule> modules) {
        Map<String, LoraModule> named = new LinkedHashMap<>();
        modules.forEach(module -> named.put(module.name(), module));
        this.modules = named;
    }

    /** The adapter of that name; absent if there is none. */
    @Nullable
    public LoraModule find(String name) {
        return modules.get(name);
    }

    /** All of them, in the order in which they came. */
    public List<LoraModule> all() {
        return List.copyOf(modules.values());
    }

    /** Where an adapter was loaded from; its name if it is gone. */
    public String path(String name) {
        LoraModule module = find(name);
        return module == null ? name : module.path();
    }

    synchronized void put(LoraModule module) {
        Map<String, LoraModule> changed = new LinkedHashMap<>(modules);
        changed.put(module.name(), module);
        modules = changed;
    }

    synchronized void remove(String name) {
        Map<String, LoraModule> changed = new LinkedHashMap<>(modules);
        changed.remove(name);
        modules = changed;
    }
}
