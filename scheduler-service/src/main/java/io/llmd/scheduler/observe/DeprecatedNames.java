package io.llmd.scheduler.observe;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The names that llm-d has given up, for dashboards that still ask for them. They are made from the present ones when
 * somebody scrapes, so that they cost nothing else; series that differ only in labels which the old name lacks are added up.
 */
public final class DeprecatedNames implements MultiCollector {

    private static final String PRESENT = "llm_d_epp_";
    private static final String OBJECTIVE = "inference_objective_";
    private static final String EXTENSION = "inference_extension_";
    private static final String POOL = "inference_pool_";
    private static final List<String> MODELS = List.of("model_name", "target_model_name");
    private static final List<String> PRIORITY = List.of("model_name", "target_model_name", "priority");

    /**
     * An old name.
     *
     * @param name old name as scraped, without the suffixes of its type
     * @param labels labels that it has; null for those of the present name
     * @param renamed labels with other names
     */
    private record Twin(String name, @Nullable List<String> labels, Map<String, String> renamed) {}

    private static final Map<String, Twin> TWINS = twins();

    private final PrometheusRegistry registry;

    /** Old names for what {@code registry} has; register it there. */
    public DeprecatedNames(PrometheusRegistry registry) {
        this.registry = registry;
    }

    private static Map<String, Twin> twins() {
        Map<String, Twin> twins = new LinkedHashMap<>();
        put(twins, "request", OBJECTIVE + "request", PRIORITY);
        put(
                twins,
                "request_error",
                OBJECTIVE + "request_error",
                List.of("model_name", "target_model_name", "error_code"));
        put(twins, "request_duration_seconds", OBJECTIVE + "request_duration_seconds", MODELS);
        put(twins, "request_size_bytes", OBJECTIVE + "request_sizes", MODELS);
        put(twins, "response_size_bytes", OBJECTIVE + "response_sizes", MODELS);
        put(twins, "request_input_tokens", OBJECTIVE + "input_tokens", MODELS);
        put(twins, "request_output_tokens", OBJECTIVE + "output_tokens", MODELS);
        put(twins, "request_cached_tokens", OBJECTIVE + "prompt_cached_tokens", MODELS);
        put(twins, "request_running", OBJECTIVE + "running_requests", List.of("model_name"));
        put(twins, "request_ntpot_seconds", OBJECTIVE + "normalized_time_per_output_token_seconds", MODELS);
        put(twins, "request_ttft_seconds", OBJECTIVE + "request_ttft_seconds", MODELS);
        put(twins, "request_streaming_tpot_seconds", OBJECTIVE + "request_tpot_seconds", MODELS);
        put(twins, "request_predicted_ttft_seconds", OBJECTIVE + "request_predicted_ttft_seconds", MODELS);
        put(twins, "request_predicted_tpot_seconds", OBJECTIVE + "request_predicted_tpot_seconds", MODELS);
        put(
                twins,
                "request_ttft_prediction_duration_seconds",
                OBJECTIVE + "request_ttft_prediction_duration_seconds",
                List.of());
        put(
                twins,
                "request_tpot_prediction_duration_seconds",
                OBJECTIVE + "request_tpot_prediction_duration_seconds",
                List.of());
        put(
                twins,
                "request_slo_violation",
                OBJECTIVE + "request_slo_violation",
                List.of("model_name", "target_model_name", "type"));
        put(
                twins,
                "inference_request_metric",
                OBJECTIVE + "inference_request_metric",
                List.of("model_name", "target_model_name", "type"));
        put(twins, "model_rewrite_decisions", EXTENSION + "model_rewrite_decisions", null);
        put(twins, "average_kv_cache_utilization", POOL + "average_kv_cache_utilization", null);
        put(twins, "average_queue_size", POOL + "average_queue_size", null);
        put(twins, "average_running_requests", POOL + "average_running_requests", null);
        put(twins, "ready_endpoints", POOL + "ready_pods", null);
        twins.put(
                PRESENT + "per_endpoint_queue_size",
                new Twin(POOL + "per_pod_queue_size", null, Map.of("model_server_endpoint", "model_server_pod")));
        put(twins, "scheduler_e2e_duration_seconds", EXTENSION + "scheduler_e2e_duration_seconds", null);
        twins.put(
                PRESENT + "scheduler_attempts",
                new Twin(EXTENSION + "scheduler_attempts", null, Map.of("endpoint_name", "pod_name")));
        put(twins, "plugin_duration_seconds", EXTENSION + "plugin_duration_seconds", null);
        put(twins, "datalayer_poll_errors", "llm_d_inference_scheduler_datalayer_poll_errors", null);
        put(twins, "datalayer_extract_errors", "llm_d_inference_scheduler_datalayer_extract_errors", null);
        put(
                twins,
                "disagg_decision",
                "llm_d_inference_scheduler_disagg_decision",
                List.of("model_name", "decision_type"));
        put(twins, "pd_decision", "llm_d_inference_scheduler_pd_decision", List.of("model_name", "decision_type"));
        put(twins, "prefix_indexer_size", EXTENSION + "prefix_indexer_size", List.of());
        put(twins, "prefix_indexer_hit_ratio", EXTENSION + "prefix_indexer_hit_ratio", List.of());
        put(twins, "prefix_indexer_hit_bytes", EXTENSION + "prefix_indexer_hit_bytes", List.of());
        put(
                twins,
                "flow_control_request_queue_duration_seconds",
                EXTENSION + "flow_control_request_queue_duration_seconds",
                null);
        put(
                twins,
                "flow_control_dispatch_cycle_duration_seconds",
                EXTENSION + "flow_control_dispatch_cycle_duration_seconds",
                null);
        put(
                twins,
                "flow_control_request_enqueue_duration_seconds",
                EXTENSION + "flow_control_request_enqueue_duration_seconds",
                null);
        put(twins, "flow_control_queue_size", EXTENSION + "flow_control_queue_size", null);
        put(twins, "flow_control_queue_bytes", EXTENSION + "flow_control_queue_bytes", null);
        return Map.copyOf(twins);
    }

    private static void put(Map<String, Twin> twins, String present, String name, @Nullable List<String> labels) {
        twins.put(PRESENT + present, new Twin(name, labels, Map.of()));
    }

    /** Known names, so that a scrape for present names alone, as {@link #collect} makes, does not come back here. */
    @Override
    public List<String> getPrometheusNames() {
        return TWINS.values().stream().map(Twin::name).toList();
    }

    @Override
    public MetricSnapshots collect() {
        MetricSnapshots.Builder twins = MetricSnapshots.builder();
        for (MetricSnapshot snapshot : registry.scrape(name -> name.startsWith(PRESENT))) {
            Twin twin = TWINS.get(snapshot.getMetadata().getPrometheusName());
            if (twin != null) {
                twins.metricSnapshot(renamed(snapshot, twin));
            }
        }
        return twins.build();
    }

    private static MetricSnapshot renamed(MetricSnapshot snapshot, Twin twin) {
        return switch (snapshot) {
            case CounterSnapshot counter -> {
                Map<Labels, Double> sums = new LinkedHashMap<>();
                counter.getDataPoints()
                        .forEach(point -> sums.merge(labels(point.getLabels(), twin), point.getValue(), Double::sum));
                CounterSnapshot.Builder builder =
                        CounterSnapshot.builder().name(twin.name()).help(help(snapshot));
                sums.forEach((labels, value) -> builder.dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                        .labels(labels)
                        .value(value)
                        .build()));
                yield builder.build();
            }
            case GaugeSnapshot gauge -> {
                Map<Labels, Double> sums = new LinkedHashMap<>();
                gauge.getDataPoints()
                        .forEach(point -> sums.merge(labels(point.getLabels(), twin), point.getValue(), Double::sum));
                GaugeSnapshot.Builder builder =
                        GaugeSnapshot.builder().name(twin.name()).help(help(snapshot));
                sums.forEach((labels, value) -> builder.dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                        .labels(labels)
                        .value(value)
                        .build()));
                yield builder.build();
            }
            case HistogramSnapshot histogram -> {
                Map<Labels, HistogramSum> sums = new LinkedHashMap<>();
                histogram
                        .getDataPoints()
                        .forEach(point -> sums.computeIfAbsent(
                                        labels(point.getLabels(), twin), labels -> new HistogramSum())
                                .add(point));
                HistogramSnapshot.Builder builder =
                        HistogramSnapshot.builder().name(twin.name()).help(help(snapshot));
                sums.forEach((labels, sum) -> builder.dataPoint(sum.point(labels)));
                yield builder.build();
            }
            default ->
                throw new IllegalStateException(
                        "no deprecated name for a " + snapshot.getClass().getSimpleName());
        };
    }

    private static String help(MetricSnapshot snapshot) {
        return "Deprecated name of " + snapshot.getMetadata().getPrometheusName();
    }

    private static Labels labels(Labels present, Twin twin) {
        Labels.Builder labels = Labels.builder();
        for (int i = 0; i < present.size(); i++) {
            String name = present.getName(i);
            if (twin.labels() == null || twin.labels().contains(name)) {
                labels.label(twin.renamed().getOrDefault(name, name), present.getValue(i));
            }
        }
        return labels.build();
    }

    /** Histograms with the same buckets, added up. */
    private static final class HistogramSum {

        private final List<Double> bounds = new ArrayList<>();
        private long[] counts = {};
        private double sum;

        void add(HistogramSnapshot.HistogramDataPointSnapshot point) {
            ClassicHistogramBuckets buckets = point.getClassicBuckets();
            if (bounds.isEmpty()) {
                counts = new long[buckets.size()];
                for (int i = 0; i < buckets.size(); i++) {
                    bounds.add(buckets.getUpperBound(i));
                }
            }
            for (int i = 0; i < counts.length; i++) {
                counts[i] += buckets.getCount(i);
            }
            sum += point.getSum();
        }

        HistogramSnapshot.HistogramDataPointSnapshot point(Labels labels) {
            return HistogramSnapshot.HistogramDataPointSnapshot.builder()
                    .labels(labels)
                    .classicHistogramBuckets(ClassicHistogramBuckets.of(
                            bounds, java.util.Arrays.stream(counts).boxed().toList()))
                    .sum(sum)
                    .build();
        }
    }
}
