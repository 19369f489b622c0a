package io.llmd.scheduler.plugin;

import io.llmd.scheduler.datalayer.DataSource;
import io.llmd.scheduler.datalayer.Extractor;
import io.llmd.scheduler.datalayer.ObjectSource;
import io.llmd.scheduler.datalayer.SourceBinding;
import io.llmd.scheduler.datalayer.SourceBinding.NamedExtractor;
import io.llmd.scheduler.plugin.EndpointPickerConfig.DataLayer;
import io.llmd.scheduler.plugin.EndpointPickerConfig.PluginRef;
import io.llmd.scheduler.plugin.EndpointPickerConfig.Source;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Binds the extractors of a configuration to its data sources. */
final class DataLayerAssembler {

    static final String METRICS_SOURCE = "metrics-data-source";
    static final String CORE_EXTRACTOR = "core-metrics-extractor";

    private final PluginInstances instances;
    private final Problems problems;

    DataLayerAssembler(PluginInstances instances, Problems problems) {
        this.instances = instances;
        this.problems = problems;
    }

    /** The sources in file order; those with problems are left out. */
    List<SourceBinding> bind(DataLayer section) {
        List<SourceBinding> bindings = new ArrayList<>();
        Set<String> names = new HashSet<>();
        Map<ObjectSource, String> watched = new HashMap<>();
        for (int i = 0; i < section.sources().size(); i++) {
            Source source = section.sources().get(i);
            String path = "dataLayer.sources[" + i + "]";
            PluginInstance instance = source(source, path);
            if (instance == null || !(instance.plugin() instanceof DataSource plugin)) {
                continue;
            }
            if (!names.add(instance.name())) {
                problems.error(
                        line(source.pluginRef(), source.line()),
                        path + ".pluginRef",
                        instance.name() + " is listed twice (expected: once, with all its extractors)");
            }
            if (plugin instanceof ObjectSource objects) {
                watch(objects, instance, source, path, watched);
            }
            bindings.add(new SourceBinding(instance.name(), instance.type(), plugin, extractors(source, plugin, path)));
        }
        warnOfUnknownLoad(section, bindings);
        return bindings;
    }

    private @Nullable PluginInstance source(Source source, String path) {
        return resolve(source.pluginRef(), source.line(), "data-source", METRICS_SOURCE, path, DataSource.class);
    }

    private void watch(
            ObjectSource objects,
            PluginInstance instance,
            Source source,
            String path,
            Map<ObjectSource, String> watched) {
        String other = watched.putIfAbsent(objects, instance.name());
        int line = line(source.pluginRef(), source.line());
        if (other != null) {
            problems.error(
                    line,
                    path + ".pluginRef",
                    instance.name() + " watches " + objects.description() + " as " + other
                            + " does (expected: one source" + " per kind)");
        } else {
            problems.warning(
                    line,
                    path + ".pluginRef",
                    "nobody watches " + objects.description() + " while endpoints come from a file or from settings");
        }
    }

    private List<NamedExtractor> extractors(Source source, DataSource plugin, String path) {
        List<NamedExtractor> extractors = new ArrayList<>();
        Set<String> types = new HashSet<>();
        for (int i = 0; i < source.extractors().size(); i++) {
            PluginRef ref = source.extractors().get(i);
            String refPath = path + ".extractors[" + i + "]";
            PluginInstance instance =
                    resolve(ref.pluginRef(), ref.line(), "extractor", CORE_EXTRACTOR, refPath, Extractor.class);
            if (instance == null || !(instance.plugin() instanceof Extractor extractor)) {
                continue;
            }
            if (!types.add(instance.type())) {
                problems.error(
                        ref.line(),
                        refPath,
                        "second extractor of type " + instance.type() + " (expected: one per source)");
            } else if (!extractor.understands().contains(plugin.delivers())) {
                problems.error(
                        line(ref.pluginRef(), ref.line()),
                        refPath + ".pluginRef",
                        instance.name() + " of type " + instance.type() + " (expected: an extractor of "
                                + plugin.delivers().description() + ")");
            } else {
                extractors.add(new NamedExtractor(instance.name(), instance.type(), extractor));
            }
        }
        return extractors;
    }

    /** The instance; one of the injected names is made when the file has none. Null after a problem. */
    private @Nullable PluginInstance resolve(
            @Nullable Located<String> ref, int line, String kind, String injected, String path, Class<?> point) {
        String field = path + ".pluginRef";
        if (ref == null || ref.value().isEmpty()) {
            problems.error(line(ref, line), field, "is missing (expected: the name of a plugin)");
            return null;
        }
        boolean isInjected = ref.line() == 0 && ref.value().equals(injected) && !instances.isNamed(injected);
        if (isInjected) {
            return instances.addDefault(injected, 0, field);
        }
        String type = instances.typeOf(ref.value());
        if (type == null) {
            problems.error(
                    ref.line(),
                    field,
                    "no plugin " + ref.value() + " (expected: one of kind " + kind + " in plugins)"
                            + Suggestion.of(ref.value(), instances.names()));
            return null;
        }
        PluginInstance instance = instances.find(ref.value());
        if (instance != null && !point.isInstance(instance.plugin())) {
            problems.error(ref.line(), field, ref.value() + " of type " + type + " (expected: a " + kind + ")");
            return null;
        }
        return instance;
    }

    private static int line(@Nullable Located<String> ref, int otherwise) {
        return ref == null ? otherwise : ref.line();
    }

    private void warnOfUnknownLoad(DataLayer section, List<SourceBinding> bindings) {
        boolean isKnown = bindings.stream()
                .flatMap(binding -> binding.extractors().stream())
                .anyMatch(extractor -> extractor.type().equals(CORE_EXTRACTOR)
                        || extractor.type().equals("multicluster-metrics-extractor"));
        if (!isKnown && !section.sources().isEmpty() && !problems.hasErrors()) {
            problems.warning(
                    section.sources().getFirst().line(),
                    "dataLayer.sources",
                    "no source feeds a " + CORE_EXTRACTOR + ": the load of endpoints stays unknown");
        }
    }
}
