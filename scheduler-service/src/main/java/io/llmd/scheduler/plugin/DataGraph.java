package io.llmd.scheduler.plugin;

import io.llmd.scheduler.plugin.PluginInstances.Origin;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.NamedPlugin;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who produces the data that plugins need. Closes the graph with default producers, and orders producers so that data
 * is written before it is read. A default producer is the plugin type that has the name of the wanted producer.
 */
final class DataGraph {

    private final PluginInstances instances;
    private final Problems problems;

    DataGraph(PluginInstances instances, Problems problems) {
        this.instances = instances;
        this.problems = problems;
    }

    /** Adds missing default producers, transitively. */
    void close() {
        Deque<PluginInstance> open = new ArrayDeque<>(instances.all());
        while (!open.isEmpty()) {
            PluginInstance consumer = open.remove();
            for (DataKey<?> key : consumer.plugin().requires()) {
                PluginInstance added = ensureProducer(consumer, key);
                if (added != null) {
                    open.add(added);
                }
            }
        }
        instances.all().forEach(this::warnOfMissing);
    }

    /** The producer that was added, null when there was one already or there is a problem. */
    private @Nullable PluginInstance ensureProducer(PluginInstance consumer, DataKey<?> key) {
        if (producerOf(key) != null) {
            return null;
        }
        Origin origin = instances.origin(consumer.name());
        PluginInstance named = instances.find(key.producer());
        if (named != null) {
            problems.error(
                    origin.line(),
                    origin.path(),
                    consumer.name() + " requires " + key.type() + ", which " + key.producer() + " does not produce "
                            + expectation(named, key));
            return null;
        }
        if (instances.isNamed(key.producer())) {
            return null;
        }
        if (!instances.canAddDefault(key.producer())) {
            String why =
                    KnownTypes.find(key.producer()) == null ? "" : "; " + PluginInstances.notAvailable(key.producer());
            problems.error(
                    origin.line(),
                    origin.path(),
                    consumer.name() + " requires " + key + " and no plugin produces it (expected: a plugin named "
                            + key.producer() + why + ")");
            return null;
        }
        PluginInstance added = instances.addDefault(key.producer(), origin.line(), origin.path());
        if (added != null && !produces(added, key)) {
            problems.error(
                    origin.line(),
                    origin.path(),
                    key.producer() + " does not produce " + key.type() + " " + expectation(added, key));
        }
        return added;
    }

    /** What would have fitted: data of another class under the same name, or data at all. */
    private static String expectation(PluginInstance named, DataKey<?> key) {
        if (named.plugin() instanceof DataProducer producer) {
            for (DataKey<?> produced : producer.produces()) {
                if (produced.type().equals(key.type())) {
                    return "as " + key.valueType().getSimpleName() + " (expected: "
                            + produced.valueType().getSimpleName() + ")";
                }
            }
        }
        return "(expected: a producer of it)";
    }

    /** The instance that writes {@code key}: usually the one that the key names, but types may stand for instances. */
    private @Nullable PluginInstance producerOf(DataKey<?> key) {
        PluginInstance named = instances.find(key.producer());
        if (named != null && produces(named, key)) {
            return named;
        }
        for (PluginInstance instance : instances.all(DataProducer.class)) {
            if (produces(instance, key)) {
                return instance;
            }
        }
        return null;
    }

    private static boolean produces(PluginInstance instance, DataKey<?> key) {
        return instance.plugin() instanceof DataProducer producer
                && producer.produces().stream().anyMatch(produced -> fits(produced, key));
    }

    /** A key without a producer is content with any. */
    private static boolean fits(DataKey<?> produced, DataKey<?> wanted) {
        return wanted.producer().isEmpty()
                ? produced.type().equals(wanted.type()) && produced.valueType().equals(wanted.valueType())
                : produced.equals(wanted);
    }

    private void warnOfMissing(PluginInstance consumer) {
        Origin origin = instances.origin(consumer.name());
        for (DataKey<?> key : consumer.plugin().reads()) {
            if (producerOf(key) == null) {
                problems.warning(
                        origin.line(),
                        origin.path(),
                        consumer.name() + " would use " + key + " and no plugin produces it");
            }
        }
    }

    /** All producers; each after those whose data it requires or reads, else in file order. */
    List<NamedPlugin<DataProducer>> order() {
        Map<String, DataProducer> open = new LinkedHashMap<>();
        for (PluginInstance instance : instances.all(DataProducer.class)) {
            if (instance.plugin() instanceof DataProducer producer
                    && !producer.produces().isEmpty()) {
                open.put(instance.name(), producer);
            }
        }
        List<NamedPlugin<DataProducer>> ordered = new ArrayList<>(open.size());
        while (!open.isEmpty()) {
            String next = firstReady(open);
            if (next == null) {
                reportCycle(open.keySet());
                return ordered;
            }
            DataProducer producer = open.remove(next);
            if (producer != null) {
                ordered.add(new NamedPlugin<>(next, producer));
            }
        }
        return ordered;
    }

    private @Nullable String firstReady(Map<String, DataProducer> open) {
        for (Map.Entry<String, DataProducer> candidate : open.entrySet()) {
            if (dependencies(candidate.getValue()).stream().noneMatch(open::containsKey)) {
                return candidate.getKey();
            }
        }
        return null;
    }

    private Set<String> dependencies(DataProducer producer) {
        Set<String> names = new LinkedHashSet<>();
        producer.requires().forEach(key -> addProducer(key, names));
        producer.reads().forEach(key -> addProducer(key, names));
        return names;
    }

    private void addProducer(DataKey<?> key, Set<String> names) {
        for (PluginInstance instance : instances.all(DataProducer.class)) {
            if (produces(instance, key)) {
                names.add(instance.name());
            }
        }
    }

    private void reportCycle(Set<String> names) {
        Origin origin = instances.origin(names.iterator().next());
        problems.error(
                origin.line(),
                origin.path(),
                "producers " + names + " wait for each other's data (expected: no cycle)");
    }
}
