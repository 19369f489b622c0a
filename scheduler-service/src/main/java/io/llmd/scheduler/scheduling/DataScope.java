package io.llmd.scheduler.scheduling;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The data that one plugin may see: what it declares, and what it keeps under its own name. The endpoint that another
 * profile chose belongs to the request and may be seen by all.
 */
final class DataScope {

    private final String plugin;
    private final Set<DataKey<?>> readable = new HashSet<>();
    private final Set<DataKey<?>> writable = new HashSet<>();

    DataScope(String name, Plugin plugin) {
        this.plugin = name;
        readable.addAll(plugin.requires());
        readable.addAll(plugin.reads());
        readable.add(DataKeys.peerEndpoint());
        if (plugin instanceof DataProducer producer) {
            List<DataKey<?>> produced = producer.produces();
            readable.addAll(produced);
            writable.addAll(produced);
        }
    }

    /** Name of the plugin. */
    String plugin() {
        return plugin;
    }

    boolean mayRead(DataKey<?> key) {
        return readable.contains(key) || isOwn(key) || readable.contains(ofAnyProducer(key));
    }

    boolean mayWrite(DataKey<?> key) {
        return writable.contains(key) || isOwn(key);
    }

    private boolean isOwn(DataKey<?> key) {
        return key.producer().equals(plugin);
    }

    private static DataKey<?> ofAnyProducer(DataKey<?> key) {
        return new DataKey<>(key.type(), "", key.valueType());
    }
}
