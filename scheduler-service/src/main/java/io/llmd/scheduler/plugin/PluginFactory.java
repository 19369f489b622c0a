package io.llmd.scheduler.plugin;

import io.llmd.scheduler.scheduling.Plugin;
import java.util.List;
import java.util.Map;

/**
 * Makes plugin instances of one type. Factories are Spring components and are found automatically; a factory that needs
 * a clock or a store takes it in its constructor.
 *
 * @param <P> record of parameters; its components are the parameter names, with defaults in {@link Default}. The compact
 *     constructor checks values and throws {@link IllegalArgumentException} with value and expectation
 */
public interface PluginFactory<P extends Record> {

    /** Type name in configuration: kebab-case. */
    String type();

    /**
     * Other type names that mean the same: deprecated ones, which give a warning, and those that llm-d uses for
     * endpoints that are clusters.
     */
    default List<String> aliases() {
        return List.of();
    }

    /** The parameter record. */
    Class<P> paramsType();

    /** What to tell the author of the configuration about an instance with these parameters; it works all the same. */
    default List<String> warnings(P params) {
        return List.of();
    }

    /**
     * Makes an instance.
     *
     * @param name instance name, unique in the configuration
     * @param params checked parameters
     */
    Plugin create(String name, P params);

    /** Names of other plugins in the parameters. Those are made first. */
    default List<String> references(P params) {
        return List.of();
    }

    /**
     * Makes an instance that refers to others.
     *
     * @param referenced the plugins of {@link #references} by name
     * @throws IllegalArgumentException when one of them is of the wrong kind
     */
    default Plugin create(String name, P params, Map<String, Plugin> referenced) {
        return create(name, params);
    }
}
