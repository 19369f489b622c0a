package io.llmd.scheduler.plugin;

import io.llmd.scheduler.plugin.EndpointPickerConfig.PluginSpec;
import io.llmd.scheduler.plugin.KnownTypes.KnownType;
import io.llmd.scheduler.plugin.KnownTypes.Stability;
import io.llmd.scheduler.scheduling.Plugin;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes the plugin instances of one configuration, in file order, then those that are added automatically. One
 * that refers to others by name is made after them.
 */
final class PluginInstances {

    /**
     * Where an instance comes from.
     *
     * @param type canonical type
     * @param line line of the entry, 0 for one made automatically
     * @param path field of the entry
     */
    record Origin(String type, int line, String path) {}

    /**
     * An instance that is yet to be made.
     *
     * @param line line of its parameters
     * @param path field of its entry
     * @param references names of plugins that must be made first
     */
    private record Order<P extends Record>(
            PluginFactory<P> factory, String name, P params, int line, String path, List<String> references) {}

    private final PluginRegistry registry;
    private final boolean allowExperimental;
    private final Map<String, PluginInstance> previous;
    private final Problems problems;
    private final Map<String, PluginInstance> instances = new LinkedHashMap<>();
    private final Map<String, Origin> origins = new LinkedHashMap<>();
    private final List<Order<?>> waiting = new ArrayList<>();

    PluginInstances(
            PluginRegistry registry,
            boolean allowExperimental,
            Map<String, PluginInstance> previous,
            Problems problems) {
        this.registry = registry;
        this.allowExperimental = allowExperimental;
        this.previous = previous;
        this.problems = problems;
    }

    /** Makes the configured instances. */
    void addAll(List<PluginSpec> specs) {
        for (int i = 0; i < specs.size(); i++) {
            add(specs.get(i), "plugins[" + i + "]");
        }
        makeWaiting();
    }

    /** Makes the instances that refer to others, and restores the order of the file. */
    private void makeWaiting() {
        for (Order<?> ready = firstReady(); ready != null; ready = firstReady()) {
            waiting.remove(ready);
            make(ready);
        }
        waiting.forEach(this::reportReferences);
        Map<String, PluginInstance> made = new HashMap<>(instances);
        instances.clear();
        for (String name : origins.keySet()) {
            PluginInstance instance = made.get(name);
            if (instance != null) {
                instances.put(name, instance);
            }
        }
    }

    private @Nullable Order<?> firstReady() {
        for (Order<?> order : waiting) {
            if (instances.keySet().containsAll(order.references())) {
                return order;
            }
        }
        return null;
    }

    private void reportReferences(Order<?> order) {
        for (String reference : order.references()) {
            boolean waits = waiting.stream().anyMatch(other -> other.name().equals(reference));
            if (!origins.containsKey(reference)) {
                problems.error(
                        order.line(),
                        order.path() + ".parameters",
                        "no plugin " + reference + " (expected: one of " + instances.keySet() + ")");
            } else if (waits) {
                problems.error(
                        order.line(),
                        order.path() + ".parameters",
                        order.name() + " refers to " + reference + ", which waits for others (expected: no cycle)");
            } else if (!instances.containsKey(reference)) {
                problems.error(
                        order.line(),
                        order.path() + ".parameters",
                        order.name() + " refers to " + reference + ", which cannot be made");
            }
        }
    }

    private void add(PluginSpec spec, String path) {
        Located<String> type = spec.type();
        if (type == null || type.value().isEmpty()) {
            problems.error(
                    type == null ? spec.line() : type.line(), path + ".type", "is missing (expected: a plugin type)");
            return;
        }
        Located<String> name = spec.name() == null || spec.name().value().isEmpty() ? type : spec.name();
        Origin other = origins.get(name.value());
        if (other != null) {
            problems.error(
                    name.line(),
                    path + ".name",
                    name.value() + " (expected: a unique name; line " + other.line() + " has it already)");
            return;
        }
        PluginFactory<?> factory = registry.find(type.value());
        origins.put(name.value(), new Origin(factory == null ? type.value() : factory.type(), spec.line(), path));
        if (factory == null) {
            unavailable(type, spec, path);
        } else if (isAllowed(type, factory, path + ".type")) {
            YamlNode parameters = spec.parameters() == null ? new YamlNode.Null(spec.line()) : spec.parameters();
            make(factory, name.value(), parameters, path);
        }
    }

    private void unavailable(Located<String> type, PluginSpec spec, String path) {
        KnownType known = KnownTypes.find(type.value());
        if (known == null) {
            problems.error(
                    type.line(),
                    path + ".type",
                    "unknown plugin type " + type.value() + " (expected: one of " + registry.types() + ")"
                            + Suggestion.of(type.value(), registry.types()));
        } else if (!known.isBuiltIn()) {
            problems.error(type.line(), path + ".type", notAvailable(type.value()));
        } else if (spec.parameters() instanceof YamlNode.Mapping parameters
                && !parameters.fields().isEmpty()) {
            problems.error(
                    parameters.line(),
                    path + ".parameters",
                    type.value() + " takes no parameters in this version (expected: none)");
        }
    }

    static String notAvailable(String type) {
        return "type " + type + " is known to llm-d v0.10 but not available in this version";
    }

    private boolean isAllowed(Located<String> type, PluginFactory<?> factory, String path) {
        KnownType known = KnownTypes.find(type.value());
        if (known != null && known.stability() == Stability.ALPHA && !allowExperimental) {
            problems.error(
                    type.line(),
                    path,
                    "type " + type.value() + " is experimental (expected: scheduler.allow-experimental-plugins=true)");
            return false;
        }
        boolean isDeprecated = known == null || known.stability() == Stability.DEPRECATED;
        if (isDeprecated && !factory.type().equals(type.value())) {
            problems.warning(
                    type.line(), path, "type " + type.value() + " is deprecated, use " + factory.type() + " instead");
        } else if (known != null && known.stability() == Stability.DEPRECATED) {
            problems.warning(type.line(), path, "type " + type.value() + " is deprecated");
        }
        return true;
    }

    private <P extends Record> void make(PluginFactory<P> factory, String name, YamlNode parameters, String path) {
        P params = ParameterBinder.bind(factory.paramsType(), parameters, path + ".parameters", problems);
        if (params == null) {
            return;
        }
        factory.warnings(params).forEach(warning -> problems.warning(parameters.line(), path, warning));
        Order<P> order = new Order<>(factory, name, params, parameters.line(), path, factory.references(params));
        if (order.references().isEmpty()) {
            make(order);
        } else {
            waiting.add(order);
        }
    }

    /** Makes an instance, or keeps the previous one; one that refers to others is always made, since those may be new. */
    private <P extends Record> void make(Order<P> order) {
        String type = order.factory().type();
        PluginInstance kept = order.references().isEmpty() ? previous.get(order.name()) : null;
        if (kept != null && kept.type().equals(type) && kept.params().equals(order.params())) {
            instances.put(order.name(), kept);
            return;
        }
        Map<String, Plugin> referenced = new HashMap<>();
        for (String reference : order.references()) {
            PluginInstance instance = instances.get(reference);
            if (instance != null) {
                referenced.put(reference, instance.plugin());
            }
        }
        try {
            Plugin plugin = order.factory().create(order.name(), order.params(), referenced);
            instances.put(order.name(), new PluginInstance(order.name(), type, order.params(), plugin));
        } catch (IllegalArgumentException | IllegalStateException e) {
            problems.error(order.line(), order.path() + ".parameters", String.valueOf(e.getMessage()));
        }
    }

    /** Adds an instance of {@code type} with default parameters, named like its type; null after a problem. */
    @Nullable
    PluginInstance addDefault(String type, int line, String path) {
        PluginFactory<?> factory = registry.find(type);
        if (factory == null) {
            String message = KnownTypes.find(type) == null ? "no plugin type " + type : notAvailable(type);
            problems.error(line, path, message + " (expected: it is added automatically)");
            return null;
        }
        Located<String> located = new Located<>(type, line);
        if (origins.containsKey(type)) {
            problems.error(line, path, "the name " + type + " is taken by another plugin (expected: free)");
            return null;
        }
        if (!isAllowed(located, factory, path)) {
            return null;
        }
        origins.put(type, new Origin(factory.type(), 0, path));
        make(factory, type, new YamlNode.Null(line), path);
        return instances.get(type);
    }

    boolean canAddDefault(String type) {
        PluginFactory<?> factory = registry.find(type);
        return factory != null && !origins.containsKey(type);
    }

    /** Whether the file names an instance so, even one that could not be made. */
    boolean isNamed(String name) {
        return origins.containsKey(name);
    }

    @Nullable
    PluginInstance find(String name) {
        return instances.get(name);
    }

    /** Type of a configured instance, also of one that could not be made. */
    @Nullable
    String typeOf(String name) {
        Origin origin = origins.get(name);
        return origin == null ? null : origin.type();
    }

    Origin origin(String name) {
        Origin origin = origins.get(name);
        if (origin == null) {
            throw new IllegalArgumentException("no plugin " + name);
        }
        return origin;
    }

    /** All instances so far, in the order in which they were made. */
    List<PluginInstance> all() {
        return new ArrayList<>(instances.values());
    }

    /** Instances that implement an extension point. */
    List<PluginInstance> all(Class<? extends Plugin> point) {
        return instances.values().stream()
                .filter(instance -> point.isInstance(instance.plugin()))
                .toList();
    }

    /** Names of all instances, also of those that could not be made. */
    Set<String> names() {
        return origins.keySet();
    }

    Map<String, PluginInstance> byName() {
        return instances;
    }
}
