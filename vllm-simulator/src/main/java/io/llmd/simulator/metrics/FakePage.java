package io.llmd.simulator.metrics;

import io.llmd.simulator.config.FakeMetrics;
import io.llmd.simulator.config.FakeValue;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.metrics.Exposition.Labels;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Metrics that are made up, as a page.
 *
 * @param since when functions of time start
 */
record FakePage(FakeMetrics metrics, SimulatorSettings settings, Instant since) {
    private static final double NANOS = 1e9;
    private static final Map<String, HistogramMeter> BUCKETS = Map.of(
            "ttft-buckets-values", HistogramMeter.TIME_TO_FIRST_TOKEN,
            "tpot-buckets-values", HistogramMeter.INTER_TOKEN_LATENCY,
            "e2erl-buckets-values", HistogramMeter.E2E_REQUEST_LATENCY,
            "queue-time-buckets-values", HistogramMeter.REQUEST_QUEUE_TIME,
            "inf-time-buckets-values", HistogramMeter.REQUEST_INFERENCE_TIME,
            "prefill-time-buckets-values", HistogramMeter.REQUEST_PREFILL_TIME,
            "decode-time-buckets-values", HistogramMeter.REQUEST_DECODE_TIME);
    private static final Map<String, HistogramMeter> SAMPLES = Map.of(
            "request-prompt-tokens", HistogramMeter.REQUEST_PROMPT_TOKENS,
            "request-generation-tokens", HistogramMeter.REQUEST_GENERATION_TOKENS,
            "request-params-max-tokens", HistogramMeter.REQUEST_PARAMS_MAX_TOKENS,
            "request-max-generation-tokens", HistogramMeter.REQUEST_MAX_NUM_GENERATION_TOKENS);

    String text(Duration elapsed) {
        Exposition out = new Exposition();
        Labels labels = Labels.of(Map.of("model_name", settings.servedModelName(), "engine", "0"));
        gauges(out, labels, elapsed.toNanos() / NANOS);
        counters(out, labels);
        for (HistogramMeter meter : HistogramMeter.values()) {
            histogram(out, labels, meter);
        }
        AdapterSeries.open(out);
        String most = Integer.toString(settings.engine().adapters().maxAdapters());
        for (FakeMetrics.Adapters series : metrics.loras()) {
            out.value(AdapterSeries.labels(most, series.running(), series.waiting()), series.timestamp());
        }
        out.gauge("vllm:cache_config_info", "Information of the LLMEngine CacheConfig")
                .value(CacheConfigLabels.of(settings, 0), 1);
        return out.toString();
    }

    private void gauges(Exposition out, Labels labels, double seconds) {
        out.gauge("vllm:num_requests_running", "Number of requests in model execution batches.")
                .value(labels, Math.round(gauge("running-requests", seconds)));
        out.gauge("vllm:num_requests_waiting", "Number of requests waiting to be processed.")
                .value(labels, Math.round(gauge("waiting-requests", seconds)));
        out.gauge("vllm:kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage.")
                .value(labels, gauge("kv-cache-usage", seconds));
    }

    private double gauge(String field, double seconds) {
        FakeValue value = metrics.gauges().get(field);
        return value == null ? 0 : value.at(seconds);
    }

    private void counters(Exposition out, Labels labels) {
        Map<String, Long> given = metrics.counters();
        out.counter("vllm:prefix_cache_queries", "Prefix cache queries, in terms of number of queried tokens.")
                .value(labels, given.getOrDefault("prefix-cache-queries", 0L));
        out.counter("vllm:prefix_cache_hits", "Prefix cache hits, in terms of number of cached tokens.")
                .value(labels, given.getOrDefault("prefix-cache-hits", 0L));
        out.counter("vllm:prompt_tokens", "Number of prefill tokens processed.")
                .value(labels, given.getOrDefault("total-prompt-tokens", sum("request-prompt-tokens")));
        out.counter("vllm:generation_tokens", "Number of generation tokens processed.")
                .value(labels, given.getOrDefault("total-generation-tokens", sum("request-generation-tokens")));
        out.counter("vllm:request_success", "Count of successfully processed requests.");
        Map<String, Long> finished = new LinkedHashMap<>();
        settings.preset().finishedReasons().forEach(reason -> finished.put(reason, 0L));
        finished.putAll(metrics.finished());
        finished.forEach((reason, count) -> out.value(labels.with("finished_reason", reason), count));
    }

    private long sum(String field) {
        return metrics.samples().getOrDefault(field, List.of()).stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    private void histogram(Exposition out, Labels labels, HistogramMeter meter) {
        Histogram histogram = meter.create(settings.maxModelLen());
        boolean told = false;
        for (Map.Entry<String, HistogramMeter> field : BUCKETS.entrySet()) {
            if (field.getValue() == meter) {
                told = true;
                fill(histogram, metrics.buckets().getOrDefault(field.getKey(), List.of()));
            }
        }
        for (Map.Entry<String, HistogramMeter> field : SAMPLES.entrySet()) {
            if (field.getValue() == meter) {
                told = true;
                metrics.samples().getOrDefault(field.getKey(), List.of()).forEach(histogram::observe);
            }
        }
        if (told) {
            out.meter(meter.wireName(), "histogram", meter.help())
                    .histogram(meter.wireName(), labels, histogram.copy());
        }
    }

    /** Observes so many values in each bucket, at its upper bound. */
    private static void fill(Histogram histogram, List<Long> buckets) {
        double[] bounds = histogram.bounds();
        for (int i = 0; i < Math.min(buckets.size(), bounds.length + 1); i++) {
            double value = i < bounds.length ? bounds[i] : bounds[i - 1] * 2;
            histogram.observe(value, buckets.get(i));
        }
    }
}
