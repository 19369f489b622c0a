package io.llmd.autoscaler.collector;

import io.llmd.metrics.page.MetricSpec;
import io.llmd.metrics.page.PrometheusReader;
import io.llmd.metrics.page.SampleLine;
import org.jspecify.annotations.Nullable;

/**
 * Reads the metrics page of a vLLM or SGLang engine. Several engines behind one page are added up; the fill of their memory is that
 * of the fullest. Values that are impossible count as not said. For one thread.
 */
final class EnginePage implements Page<EngineReading> {

    private static final double MAX_COUNT = 1e7;
    private static final double MAX_TOTAL = 1e18;
    private static final double MAX_FILL = 1.5;

    private final Sum running = new Sum(MAX_COUNT);
    private final Sum waiting = new Sum(MAX_COUNT);
    private final Sum kvTokens = new Sum(MAX_TOTAL);
    private final Sum steps = new Sum(MAX_TOTAL);
    private final Sum prompts = new Sum(MAX_TOTAL);
    private final Sum cached = new Sum(MAX_TOTAL);
    private final Sum generated = new Sum(MAX_TOTAL);
    private final Sum preemptions = new Sum(MAX_TOTAL);
    private final Sum interTokenSum = new Sum(MAX_TOTAL);
    private final Sum interTokenCount = new Sum(MAX_TOTAL);
    private final PrometheusReader page;
    private double kvFill = Double.NaN;

    EnginePage() {
        PrometheusReader.Builder wanted = new PrometheusReader.Builder();
        want(wanted, running, "vllm:num_requests_running", "sglang:num_running_reqs");
        want(wanted, waiting, "vllm:num_requests_waiting", "sglang:num_queue_reqs");
        want(wanted, steps, "vllm:iteration_tokens_total_count");
        want(wanted, prompts, "vllm:prompt_tokens_total", "sglang:prompt_tokens_total");
        want(wanted, cached, "vllm:prefix_cache_hits_total", "sglang:cached_tokens_total");
        want(wanted, generated, "vllm:generation_tokens_total", "sglang:generation_tokens_total");
        want(wanted, preemptions, "vllm:num_preemptions_total");
        want(wanted, interTokenSum, "vllm:inter_token_latency_seconds_sum", "sglang:inter_token_latency_seconds_sum");
        want(
                wanted,
                interTokenCount,
                "vllm:inter_token_latency_seconds_count",
                "sglang:inter_token_latency_seconds_count");
        want(wanted, kvTokens, "sglang:max_total_num_tokens");
        wanted.want(MetricSpec.parse("vllm:kv_cache_usage_perc"), this::fill);
        wanted.want(MetricSpec.parse("sglang:token_usage"), this::fill);
        wanted.want(MetricSpec.parse("vllm:cache_config_info"), this::cacheConfig);
        page = wanted.build();
    }

    private static void want(PrometheusReader.Builder wanted, Sum sum, String... names) {
        for (String name : names) {
            wanted.want(MetricSpec.parse(name), sum::add);
        }
    }

    private void fill(SampleLine sample) {
        double value = sample.value(0, MAX_FILL);
        kvFill = Double.isNaN(kvFill) ? value : Math.max(kvFill, value);
    }

    private void cacheConfig(SampleLine sample) {
        double blocks = number(sample.label("num_gpu_blocks"));
        double tokens = number(sample.label("block_size"));
        kvTokens.add(blocks * tokens);
    }

    private static double number(@Nullable String text) {
        return text != null && text.matches("\\d{1,9}") ? Double.parseDouble(text) : Double.NaN;
    }

    @Override
    public void feed(byte[] bytes, int from, int to) {
        page.feed(bytes, from, to);
    }

    @Override
    public EngineReading finish(double atSeconds) {
        page.end();
        return new EngineReading(
                atSeconds,
                running.value(),
                waiting.value(),
                kvFill,
                kvTokens.value(),
                steps.value(),
                prompts.value(),
                cached.value(),
                generated.value(),
                preemptions.value(),
                interTokenSum.value(),
                interTokenCount.value());
    }
}
