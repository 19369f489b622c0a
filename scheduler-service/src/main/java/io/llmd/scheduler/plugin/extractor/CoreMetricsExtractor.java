package io.llmd.scheduler.plugin.extractor;

import io.llmd.metrics.page.MetricSpec;
import io.llmd.scheduler.datalayer.Content;
import io.llmd.scheduler.datalayer.EngineMapping;
import io.llmd.scheduler.datalayer.EngineMapping.CustomMetric;
import io.llmd.scheduler.datalayer.EngineMetricsReader;
import io.llmd.scheduler.datalayer.PageExtractor;
import io.llmd.scheduler.datalayer.PageReader;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.InferenceRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Reads the load of endpoints from their metrics pages, each under the names of its engine, and numbers besides. */
final class CoreMetricsExtractor implements PageExtractor, DataProducer {

    private static final String LEGACY_LABEL = "inference.networking.k8s.io/engine-type";
    private static final String RESERVED = "default";

    /**
     * @param attributeKey name of the number
     * @param metricSpec where it is
     */
    record Custom(String attributeKey, String metricSpec) {
        Custom {
            if (attributeKey.isEmpty()) {
                throw new IllegalArgumentException("attributeKey: empty (expected: a name)");
            }
            spec("metricSpec", metricSpec);
        }
    }

    /**
     * @param name value of the engine label
     * @param queuedRequestsSpec waiting requests
     * @param runningRequestsSpec running requests
     * @param kvUsageSpec used share of the KV cache
     * @param loraSpec adapters, in labels
     * @param cacheInfoSpec size of the KV cache, in labels
     * @param cacheBlockSizeLabelName label with the tokens of a block
     * @param cacheNumBlocksLabelName label with the number of blocks
     * @param cacheBlockSizeSpec tokens of a block
     * @param cacheNumBlocksSpec number of blocks
     * @param customMetrics further numbers
     */
    record Engine(
            String name,
            @Default("") String queuedRequestsSpec,
            @Default("") String runningRequestsSpec,
            @Default("") String kvUsageSpec,
            @Default("") String loraSpec,
            @Default("") String cacheInfoSpec,
            @Default("") String cacheBlockSizeLabelName,
            @Default("") String cacheNumBlocksLabelName,
            @Default("") String cacheBlockSizeSpec,
            @Default("") String cacheNumBlocksSpec,
            List<Custom> customMetrics) {
        Engine {
            if (name.isEmpty() || name.equals(RESERVED)) {
                throw new IllegalArgumentException("name: \"" + name + "\" (expected: not empty, not default)");
            }
            spec("queuedRequestsSpec", queuedRequestsSpec);
            spec("runningRequestsSpec", runningRequestsSpec);
            spec("kvUsageSpec", kvUsageSpec);
            spec("loraSpec", loraSpec);
            spec("cacheInfoSpec", cacheInfoSpec);
            spec("cacheBlockSizeSpec", cacheBlockSizeSpec);
            spec("cacheNumBlocksSpec", cacheNumBlocksSpec);
            customMetrics = List.copyOf(customMetrics);
        }

        private EngineMapping mapping() {
            MetricSpec usage = spec("kvUsageSpec", kvUsageSpec);
            List<CustomMetric> custom = new ArrayList<>();
            for (Custom metric : customMetrics) {
                MetricSpec spec = spec("metricSpec", metric.metricSpec());
                if (spec != null) {
                    custom.add(new CustomMetric(metric.attributeKey(), spec));
                }
            }
            return new EngineMapping(
                    spec("queuedRequestsSpec", queuedRequestsSpec),
                    spec("runningRequestsSpec", runningRequestsSpec),
                    usage == null ? List.of() : List.of(usage),
                    spec("loraSpec", loraSpec),
                    spec("cacheInfoSpec", cacheInfoSpec),
                    cacheBlockSizeLabelName,
                    cacheNumBlocksLabelName,
                    spec("cacheBlockSizeSpec", cacheBlockSizeSpec),
                    spec("cacheNumBlocksSpec", cacheNumBlocksSpec),
                    custom);
        }
    }

    private static @Nullable MetricSpec spec(String parameter, String text) {
        try {
            return text.isEmpty() ? null : MetricSpec.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(parameter + ": " + e.getMessage(), e);
        }
    }

    /**
     * @param engineLabelKey label of endpoints that names their engine
     * @param defaultEngine engine of endpoints without the label, or with an unknown one
     * @param engineConfigs engines besides the built-in ones, or instead of those of the same name
     */
    record Params(
            @Default("llm-d.ai/engine-type") String engineLabelKey,
            @Default("vllm") String defaultEngine,
            List<Engine> engineConfigs) {
        Params {
            engineConfigs = List.copyOf(engineConfigs);
            Set<String> names = new LinkedHashSet<>(EngineMapping.BUILT_IN.keySet());
            Set<String> configured = new LinkedHashSet<>();
            for (Engine engine : engineConfigs) {
                names.add(engine.name());
                if (!configured.add(engine.name())) {
                    throw new IllegalArgumentException(
                            "engineConfigs: two of the name " + engine.name() + " (expected: one)");
                }
            }
            if (!names.contains(defaultEngine)) {
                throw new IllegalArgumentException(
                        "defaultEngine: " + defaultEngine + " (expected: one of " + names + ")");
            }
        }
    }

    private final Params params;
    private final Map<String, EngineMapping> engines = new HashMap<>(EngineMapping.BUILT_IN);
    private final List<String> producers;
    private final StoredNumbers custom;

    CoreMetricsExtractor(String name, Params params) {
        this.params = params;
        params.engineConfigs().forEach(engine -> engines.put(engine.name(), engine.mapping()));
        producers = List.copyOf(StoredNumbers.producers(name, DataKeys.CORE_METRICS_PRODUCER));
        Set<String> attributes = new LinkedHashSet<>();
        for (Engine engine : params.engineConfigs()) {
            engine.customMetrics().forEach(metric -> attributes.add(metric.attributeKey()));
        }
        custom = new StoredNumbers(attributes, producers);
    }

    @Override
    public Set<Content> understands() {
        return Set.of(Content.METRICS);
    }

    @Override
    public PageReader reader(EndpointMetadata endpoint, long keepNanos) {
        return new EngineMetricsReader(mapping(endpoint.labels()), producers, keepNanos);
    }

    private EngineMapping mapping(Map<String, String> labels) {
        String engine = labels.getOrDefault(params.engineLabelKey(), "");
        if (engine.isEmpty()) {
            engine = labels.getOrDefault(LEGACY_LABEL, "");
        }
        EngineMapping mapping = engines.get(engine);
        return mapping != null ? mapping : Objects.requireNonNull(engines.get(params.defaultEngine()));
    }

    @Override
    public List<DataKey<?>> produces() {
        return custom.keys();
    }

    @Override
    public void produce(InferenceRequest request, Candidates candidates) {
        custom.produce(candidates);
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return DataKeys.CORE_METRICS_PRODUCER;
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public CoreMetricsExtractor create(String name, Params params) {
            return new CoreMetricsExtractor(name, params);
        }
    }
}
