package io.llmd.scheduler.plugin.extractor;

import io.llmd.metrics.page.MetricSpec;
import io.llmd.scheduler.datalayer.Content;
import io.llmd.scheduler.datalayer.NumbersReader;
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
import java.util.List;
import java.util.Set;
import org.springframework.stereotype.Component;

/** Reads the mean load behind endpoints that are clusters from the metrics pages of their schedulers. */
final class MulticlusterMetricsExtractor implements PageExtractor, DataProducer {

    /**
     * @param kvCacheUtilizationMetric where the mean used share of the KV caches is
     * @param queueSizeMetric where the mean number of waiting requests is
     */
    record Params(
            @Default("llm_d_epp_average_kv_cache_utilization")
            String kvCacheUtilizationMetric,

            @Default("llm_d_epp_average_queue_size") String queueSizeMetric) {
        Params {
            spec("kvCacheUtilizationMetric", kvCacheUtilizationMetric);
            spec("queueSizeMetric", queueSizeMetric);
        }
    }

    private static MetricSpec spec(String parameter, String text) {
        try {
            return MetricSpec.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(parameter + ": " + e.getMessage(), e);
        }
    }

    private final StoredNumbers numbers;
    private final List<NumbersReader.Number> wanted;

    MulticlusterMetricsExtractor(String name, Params params) {
        numbers = new StoredNumbers(
                List.of(DataKeys.MULTICLUSTER_KV_CACHE_UTILIZATION, DataKeys.MULTICLUSTER_QUEUE_SIZE), List.of(name));
        wanted = List.of(
                new NumbersReader.Number(
                        numbers.keys().get(0).toString(),
                        spec("kvCacheUtilizationMetric", params.kvCacheUtilizationMetric())),
                new NumbersReader.Number(
                        numbers.keys().get(1).toString(), spec("queueSizeMetric", params.queueSizeMetric())));
    }

    @Override
    public Set<Content> understands() {
        return Set.of(Content.METRICS);
    }

    @Override
    public PageReader reader(EndpointMetadata endpoint, long keepNanos) {
        return new NumbersReader(wanted);
    }

    @Override
    public List<DataKey<?>> produces() {
        return numbers.keys();
    }

    @Override
    public void produce(InferenceRequest request, Candidates candidates) {
        numbers.produce(candidates);
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "multicluster-metrics-extractor";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public MulticlusterMetricsExtractor create(String name, Params params) {
            return new MulticlusterMetricsExtractor(name, params);
        }
    }
}
