package io.llmd.scheduler.plugin;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The plugin types of this build, by type name and alias. Immutable. */
public final class PluginRegistry {

    private final Map<String, PluginFactory<?>> factories = new TreeMap<>();
    private final Map<String, PluginFactory<?>> aliases = new LinkedHashMap<>();

    /** Collects factories. @throws IllegalArgumentException when two claim the same type or alias */
    public PluginRegistry(Collection<? extends PluginFactory<?>> found) {
        for (PluginFactory<?> factory : found) {
            claim(factories, factory.type(), factory);
            for (String alias : factory.aliases()) {
                claim(aliases, alias, factory);
            }
        }
    }

    private void claim(Map<String, PluginFactory<?>> into, String type, PluginFactory<?> factory) {
        PluginFactory<?> other = find(type);
        if (other != null) {
            throw new IllegalArgumentException("plugin type " + type + " is claimed by "
                    + other.getClass().getName() + " and " + factory.getClass().getName() + " (expected: one)");
        }
        into.put(type, factory);
    }

    /** The factory of a type or alias, null when this build has none. */
    public @Nullable PluginFactory<?> find(String type) {
        PluginFactory<?> factory = factories.get(type);
        return factory != null ? factory : aliases.get(type);
    }

    /** All type names in alphabetical order, without aliases. */
    public List<String> types() {
        return List.copyOf(factories.keySet());
    }

    /** All factories, ordered by type name. */
    public Collection<PluginFactory<?>> factories() {
        return List.copyOf(factories.values());
    }
}
