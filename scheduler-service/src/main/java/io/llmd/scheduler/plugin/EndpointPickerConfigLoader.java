package io.llmd.scheduler.plugin;

import io.llmd.scheduler.datalayer.SourceBinding;
import io.llmd.scheduler.flowcontrol.FlowControlSettings;
import io.llmd.scheduler.parser.MediaEstimate;
import io.llmd.scheduler.parser.MediaEstimator;
import io.llmd.scheduler.parser.RequestParser;
import io.llmd.scheduler.parser.RequestParsers;
import io.llmd.scheduler.plugin.EndpointPickerConfig.DataLayer;
import io.llmd.scheduler.plugin.EndpointPickerConfig.FlowControl;
import io.llmd.scheduler.plugin.EndpointPickerConfig.PluginRef;
import io.llmd.scheduler.plugin.EndpointPickerConfig.PluginSpec;
import io.llmd.scheduler.plugin.EndpointPickerConfig.ProfileSpec;
import io.llmd.scheduler.plugin.EndpointPickerConfig.RequestHandler;
import io.llmd.scheduler.plugin.EndpointPickerConfig.Source;
import io.llmd.scheduler.scheduling.Admitter;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.NamedPlugin;
import io.llmd.scheduler.scheduling.Plugin;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.ProfileHandler;
import io.llmd.scheduler.scheduling.PromptTokenizer;
import io.llmd.scheduler.scheduling.RequestProcessor;
import io.llmd.scheduler.scheduling.ResponseHook;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import io.llmd.scheduler.scheduling.SchedulingProfile;
import io.llmd.scheduler.scheduling.Screener;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Turns the text of an {@code EndpointPickerConfig} into a {@link SchedulingPlan}, or into a list of everything that is
 * wrong with it. A file that llm-d v0.10 accepts means the same here; what is suspicious there is refused here:
 * profile parts that are no filter, scorer or picker, duplicate parts, bad weights, an ambiguous default picker.
 *
 * <p>Safe from any thread. Plugins are instantiated even when the result is refused, so factories must not start
 * anything that needs stopping.
 */
public final class EndpointPickerConfigLoader {

    static final String API_VERSION = "llm-d.ai/v1alpha1";
    static final String OLD_API_VERSION = "inference.networking.x-k8s.io/v1alpha1";
    static final String KIND = "EndpointPickerConfig";

    private static final List<String> DEFAULT_PARSERS =
            List.of("openai-parser", "anthropic-parser", "vllmhttp-parser", "passthrough-parser");

    private final PluginRegistry registry;
    private final boolean allowExperimentalPlugins;

    /** A loader that knows the types of {@code registry}; alpha types only when {@code allowExperimentalPlugins}. */
    public EndpointPickerConfigLoader(PluginRegistry registry, boolean allowExperimentalPlugins) {
        this.registry = Objects.requireNonNull(registry, "registry");
        this.allowExperimentalPlugins = allowExperimentalPlugins;
    }

    /**
     * Loads a configuration.
     *
     * @param text YAML or JSON; empty for the built-in configuration
     * @param file name for messages
     */
    public LoadResult load(String text, String file) {
        return load(text, file, Map.of());
    }

    /**
     * Loads a configuration in place of another.
     *
     * @param previous instances of the other; those that stay the same are kept with their state
     */
    public LoadResult load(String text, String file, Map<String, PluginInstance> previous) {
        Problems problems = new Problems(file);
        EndpointPickerConfig config = read(text, problems);
        if (config == null) {
            return new LoadResult.Refused(problems.inFileOrder());
        }
        return assemble(config, previous, problems);
    }

    private static @Nullable EndpointPickerConfig read(String text, Problems problems) {
        YamlNode root = new YamlReader(problems).read(text);
        if (root instanceof YamlNode.Null && !problems.hasErrors()) {
            root = new YamlReader(problems).read(KnownTypes.resource("default-config.yaml"));
        }
        if (root == null || problems.hasErrors()) {
            return null;
        }
        EndpointPickerConfig config = ParameterBinder.bind(EndpointPickerConfig.class, root, "", problems);
        return config == null ? null : moveDeprecated(config, problems);
    }

    private LoadResult assemble(EndpointPickerConfig config, Map<String, PluginInstance> previous, Problems problems) {
        checkHeader(config, problems);
        Map<String, Boolean> gates = gates(config.featureGates(), problems);
        PluginInstances instances = new PluginInstances(registry, allowExperimentalPlugins, previous, problems);
        List<PluginSpec> specs = config.plugins();
        if (specs != null) {
            instances.addAll(specs);
        } else if (!problems.hasErrorAt("plugins")) {
            problems.error(1, "plugins", "is missing (expected: a list, which may be empty)");
        }
        List<ProfileSpec> profileSpecs = config.schedulingProfiles().isEmpty()
                ? List.of(ProfileAssembler.defaultProfile(instances))
                : config.schedulingProfiles();
        ProfileAssembler assembler = new ProfileAssembler(instances, problems);
        NamedPlugin<ProfileHandler> handler = assembler.handler(profileSpecs);
        Map<String, SchedulingProfile> profiles = assembler.profiles(profileSpecs);
        FlowControlSettings flowControl = new FlowControlReader(instances, problems)
                .read(config.flowControl(), gates.getOrDefault("flowControl", false));
        RequestHandler handling = withParsers(config);
        RequestParsers parsers = parsers(handling, instances, problems);
        DataLayer dataLayer = withMetricsSource(config);
        List<SourceBinding> sources = new DataLayerAssembler(instances, problems).bind(dataLayer);
        DataGraph graph = new DataGraph(instances, problems);
        graph.close();
        List<NamedPlugin<DataProducer>> producers = graph.order();
        checkSections(config, instances, problems);
        if (handler == null || flowControl == null || problems.hasErrors()) {
            return new LoadResult.Refused(problems.inFileOrder());
        }
        SchedulingPlan plan = new SchedulingPlan(
                named(instances, RequestProcessor.class),
                tokenizer(instances),
                named(instances, Screener.class),
                producers,
                named(instances, Admitter.class),
                profiles,
                handler,
                named(instances, PreRequest.class),
                named(instances, ResponseHook.class),
                gates);
        return new LoadResult.Loaded(
                plan,
                flowControl,
                sources,
                parsers,
                effective(config, profileSpecs, dataLayer, handling),
                instances.byName(),
                problems.inFileOrder());
    }

    private static void checkHeader(EndpointPickerConfig config, Problems problems) {
        Located<String> version = config.apiVersion();
        if (version == null) {
            problems.error(1, "apiVersion", "is missing (expected: " + API_VERSION + ")");
        } else if (version.value().equals(OLD_API_VERSION)) {
            problems.warning(
                    version.line(), "apiVersion", OLD_API_VERSION + " is deprecated, use " + API_VERSION + " instead");
        } else if (!version.value().equals(API_VERSION)) {
            problems.error(version.line(), "apiVersion", version.value() + " (expected: " + API_VERSION + ")");
        }
        Located<String> kind = config.kind();
        if (kind == null) {
            problems.error(1, "kind", "is missing (expected: " + KIND + ")");
        } else if (!kind.value().equals(KIND)) {
            problems.error(kind.line(), "kind", kind.value() + " (expected: " + KIND + ")");
        }
    }

    private static Map<String, Boolean> gates(List<Located<String>> entries, Problems problems) {
        Map<String, Boolean> gates = new HashMap<>(EndpointPickerConfig.FEATURE_GATES);
        for (int i = 0; i < entries.size(); i++) {
            Located<String> entry = entries.get(i);
            String path = "featureGates[" + i + "]";
            int equals = entry.value().indexOf('=');
            String name = equals < 0 ? entry.value() : entry.value().substring(0, equals);
            String value = equals < 0 ? "true" : entry.value().substring(equals + 1);
            if (!gates.containsKey(name)) {
                problems.error(
                        entry.line(),
                        path,
                        "unknown feature gate " + name + " (expected: flowControl or haPopulateNonLeaderDatastore)");
            } else if (!value.equals("true") && !value.equals("false")) {
                problems.error(entry.line(), path, entry.value() + " (expected: " + name + "=true or =false)");
            } else {
                gates.put(name, value.equals("true"));
            }
        }
        return gates;
    }

    private static void checkSections(EndpointPickerConfig config, PluginInstances instances, Problems problems) {
        SectionChecks checks = new SectionChecks(instances, problems);
        checks.dataLayer(config.dataLayer());
    }

    /** The first plugin that says how requests are read, if it makes exact tokens of them. */
    private static @Nullable NamedPlugin<PromptTokenizer> tokenizer(PluginInstances instances) {
        List<NamedPlugin<MediaEstimator>> readers = named(instances, MediaEstimator.class);
        return !readers.isEmpty() && readers.getFirst().plugin() instanceof PromptTokenizer tokenizer
                ? new NamedPlugin<>(readers.getFirst().name(), tokenizer)
                : null;
    }

    private static <T extends Plugin> List<NamedPlugin<T>> named(PluginInstances instances, Class<T> point) {
        return instances.all(point).stream()
                .map(instance -> new NamedPlugin<>(instance.name(), point.cast(instance.plugin())))
                .toList();
    }

    /** Deprecated top-level fields, moved to where they belong unless that place is taken. */
    private static EndpointPickerConfig moveDeprecated(EndpointPickerConfig config, Problems problems) {
        FlowControl flowControl = config.flowControl();
        PluginRef detector = config.saturationDetector();
        if (detector != null) {
            problems.warning(
                    detector.line(), "saturationDetector", "is deprecated, use flowControl.saturationDetector instead");
            flowControl = withDetector(flowControl, detector);
        }
        RequestHandler requestHandler = config.requestHandler();
        PluginRef parser = config.parser();
        if (parser != null) {
            problems.warning(parser.line(), "parser", "is deprecated, use requestHandler.parsers instead");
            if (requestHandler == null || requestHandler.parsers().isEmpty()) {
                requestHandler = new RequestHandler(List.of(parser));
            }
        }
        return new EndpointPickerConfig(
                config.apiVersion(),
                config.kind(),
                config.featureGates(),
                config.plugins(),
                config.schedulingProfiles(),
                config.dataLayer(),
                requestHandler,
                flowControl,
                null,
                null);
    }

    private static FlowControl withDetector(@Nullable FlowControl section, PluginRef detector) {
        if (section == null) {
            return FlowControl.ABSENT.withDetector(detector, detector.line());
        }
        return section.saturationDetector() == null ? section.withDetector(detector, section.line()) : section;
    }

    /** The configuration with profiles, parsers and data sources that it leaves to the defaults. */
    private static EndpointPickerConfig effective(
            EndpointPickerConfig config, List<ProfileSpec> profiles, DataLayer dataLayer, RequestHandler handling) {
        return new EndpointPickerConfig(
                config.apiVersion(),
                config.kind(),
                config.featureGates(),
                withNames(config.plugins()),
                profiles,
                dataLayer,
                handling,
                config.flowControl(),
                null,
                null);
    }

    private static RequestHandler withParsers(EndpointPickerConfig config) {
        RequestHandler section = config.requestHandler();
        return section != null && !section.parsers().isEmpty()
                ? section
                : new RequestHandler(DEFAULT_PARSERS.stream()
                        .map(EndpointPickerConfigLoader::injected)
                        .toList());
    }

    /** The parsers in file order. One may be named by its type without being listed among the plugins. */
    private static RequestParsers parsers(RequestHandler section, PluginInstances instances, Problems problems) {
        List<RequestParser> parsers = new ArrayList<>();
        for (int i = 0; i < section.parsers().size(); i++) {
            PluginRef ref = section.parsers().get(i);
            String path = "requestHandler.parsers[" + i + "].pluginRef";
            Located<String> name = ref.pluginRef();
            if (name == null || name.value().isEmpty()) {
                problems.error(ref.line(), path, "is missing (expected: the name of a parser)");
                continue;
            }
            PluginInstance instance = instances.find(name.value());
            if (instance == null && !instances.isNamed(name.value())) {
                instance = addedParser(name, path, instances, problems);
            }
            if (instance != null && instance.plugin() instanceof RequestParser parser) {
                parsers.add(parser);
            } else if (instance != null) {
                problems.error(
                        name.line(), path, name.value() + " of type " + instance.type() + " (expected: a parser)");
            }
        }
        boolean readsAgain = instances.all(MediaEstimator.class).stream()
                .limit(1)
                .anyMatch(first -> ((MediaEstimator) first.plugin()).readsAgain());
        return new RequestParsers(parsers, mediaEstimate(instances, problems), readsAgain);
    }

    /** That of the first plugin that makes one; all requests are read once, so that there can be only one. */
    private static MediaEstimate mediaEstimate(PluginInstances instances, Problems problems) {
        List<PluginInstance> estimators = instances.all(MediaEstimator.class);
        for (int i = 1; i < estimators.size(); i++) {
            PluginInstances.Origin other = instances.origin(estimators.get(i).name());
            problems.warning(
                    other.line(),
                    other.path(),
                    "has no effect: requests are read once, as "
                            + estimators.getFirst().name() + " says");
        }
        return estimators.isEmpty()
                ? MediaEstimate.DEFAULT
                : ((MediaEstimator) estimators.getFirst().plugin()).mediaEstimate();
    }

    private static @Nullable PluginInstance addedParser(
            Located<String> name, String path, PluginInstances instances, Problems problems) {
        if (KnownTypes.isOfKind(name.value(), "parser")) {
            return instances.addDefault(name.value(), name.line(), path);
        }
        problems.error(
                name.line(),
                path,
                "no plugin " + name.value() + " (expected: a parser)"
                        + Suggestion.of(name.value(), KnownTypes.ofKind("parser")));
        return null;
    }

    private static PluginRef injected(String name) {
        return new PluginRef(new Located<>(name, 0), 0);
    }

    private static List<PluginSpec> withNames(@Nullable List<PluginSpec> specs) {
        return specs == null
                ? List.of()
                : specs.stream()
                        .map(spec -> spec.name() != null
                                ? spec
                                : new PluginSpec(spec.type(), spec.type(), spec.parameters(), spec.line()))
                        .toList();
    }

    private static DataLayer withMetricsSource(EndpointPickerConfig config) {
        DataLayer layer = Objects.requireNonNullElseGet(
                config.dataLayer(), () -> new DataLayer(true, List.of(), null, null, null, null));
        if (!layer.injectDefaults() || hasMetricsSource(config, layer)) {
            return layer;
        }
        List<Source> sources = new ArrayList<>(layer.sources());
        sources.add(new Source(
                new Located<>(DataLayerAssembler.METRICS_SOURCE, 0),
                List.of(injected(DataLayerAssembler.CORE_EXTRACTOR)),
                0));
        return new DataLayer(
                true,
                sources,
                layer.discovery(),
                layer.peerDiscovery(),
                layer.crossReplicaSyncerPluginRef(),
                layer.crossReplicaSyncInterval());
    }

    /** Recognised by type, so that an instance of another name is not scraped twice. */
    private static boolean hasMetricsSource(EndpointPickerConfig config, DataLayer layer) {
        return layer.sources().stream()
                .anyMatch(source -> withNames(config.plugins()).stream()
                        .filter(spec ->
                                spec.type() != null && spec.type().value().equals(DataLayerAssembler.METRICS_SOURCE))
                        .anyMatch(spec -> spec.name() != null
                                && source.pluginRef() != null
                                && spec.name().value().equals(source.pluginRef().value())));
    }
}
