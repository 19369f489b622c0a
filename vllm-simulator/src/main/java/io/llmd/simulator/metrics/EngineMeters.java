package io.llmd.simulator.metrics;

import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.EngineSnapshot;
import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.engine.RequestTimes;
import io.llmd.simulator.metrics.Exposition.Labels;
import java.time.Instant;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The meters of one endpoint under vLLM's names. Events come from the thread that drives the engine, scrapes from any;
 * a short lock lies between them, and text is written outside of it.
 */
public final class EngineMeters {
    private static final double NANOS = 1e9;

    private final EngineSettings settings;
    private final Labels labels;
    private final Labels cacheConfig;
    private final double startSeconds;
    private final Map<HistogramMeter, Histogram> histograms = new EnumMap<>(HistogramMeter.class);
    private final Map<FinishReason, Long> finished = new EnumMap<>(FinishReason.class);
    private long cacheQueries;
    private long cacheHits;
    private long promptTokens;
    private long promptTokensCached;
    private long promptTokensLoaded;
    private long generationTokens;

    /**
     * @param modelName value of the {@code model_name} label
     * @param start when the endpoint started
     */
    public EngineMeters(EngineSettings settings, String modelName, Instant start) {
        this.settings = settings;
        labels = Labels.of(Map.of("model_name", modelName, "engine", "0"));
        cacheConfig = Labels.of(cacheConfig(settings));
        startSeconds = start.getEpochSecond() + start.getNano() / NANOS;
        for (HistogramMeter meter : HistogramMeter.values()) {
            histograms.put(meter, meter.create(settings.maxModelLen()));
        }
        for (FinishReason reason : FinishReason.values()) {
            finished.put(reason, 0L);
        }
    }

    /** Counts what the engine did. */
    public synchronized void record(EngineEvent event) {
        switch (event) {
            case EngineEvent.Scheduled scheduled -> {
                cacheQueries += settings.prefixCaching() ? scheduled.promptTokens() : 0;
                cacheHits += scheduled.cachedTokens();
            }
            case EngineEvent.TokenProduced token -> {
                generationTokens++;
                observe(
                        token.index() == 0 ? HistogramMeter.TIME_TO_FIRST_TOKEN : HistogramMeter.INTER_TOKEN_LATENCY,
                        token.sincePrevious() / NANOS);
            }
            case EngineEvent.StepCompleted step -> {
                promptTokens += step.promptTokens();
                promptTokensCached += step.cachedTokens();
                promptTokensLoaded += step.loadedTokens();
                observe(HistogramMeter.ITERATION_TOKENS, step.promptTokens() + step.producedTokens());
            }
            case EngineEvent.Finished end -> end(end);
            case EngineEvent.Preempted _, EngineEvent.LeaseEnded _ -> {
                // the engine's snapshot counts them
            }
            case EngineEvent.LoadWanted _,
                    EngineEvent.BlocksStored _,
                    EngineEvent.BlocksRemoved _,
                    EngineEvent.BlocksCleared _ -> {
                // not metered by vLLM
            }
        }
    }

    /** Counts a request's number of choices. */
    public synchronized void choices(int n) {
        observe(HistogramMeter.REQUEST_PARAMS_N, n);
    }

    /**
     * The exposition.
     *
     * @param lagSeconds how far the engine is behind the clock
     */
    public String scrape(EngineSnapshot engine, double lagSeconds) {
        Exposition out = new Exposition();
        gauges(out, engine);
        counters(out, engine);
        copyHistograms()
                .forEach((meter, counts) -> out.meter(meter.wireName(), "histogram", meter.help())
                        .histogram(meter.wireName(), labels, counts));
        Labels none = Labels.of(Map.of());
        return out.meter(
                        "process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.")
                .sample("process_start_time_seconds", none, startSeconds)
                .meter("sim_lag_seconds", "gauge", "How far the simulated engine is behind the clock.")
                .sample("sim_lag_seconds", none, lagSeconds)
                .meter("sim_steps_total", "counter", "Engine steps.")
                .sample("sim_steps_total", none, engine.steps())
                .toString();
    }

    private void gauges(Exposition out, EngineSnapshot engine) {
        gauge(out, "vllm:num_requests_running", "Number of requests in model execution batches.", engine.running());
        gauge(out, "vllm:num_requests_waiting", "Number of requests waiting to be processed.", engine.waiting());
        String byReason = "vllm:num_requests_waiting_by_reason";
        out.meter(byReason, "gauge", "Number of requests waiting to be processed, by reason.")
                .sample(byReason, labels.with("reason", "capacity"), engine.waiting())
                .sample(byReason, labels.with("reason", "deferred"), 0);
        gauge(out, "vllm:kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage.", engine.kvUsage());
        String sleep = "vllm:engine_sleep_state";
        out.meter(
                        sleep,
                        "gauge",
                        "Engine sleep state; awake = 0 means engine is sleeping; awake = 1 means engine is awake.")
                .sample(sleep, labels.with("sleep_state", "awake"), 1)
                .sample(sleep, labels.with("sleep_state", "weights_offloaded"), 0)
                .sample(sleep, labels.with("sleep_state", "discard_all"), 0);
        out.meter("vllm:cache_config_info", "gauge", "Information of the LLMEngine CacheConfig")
                .sample("vllm:cache_config_info", cacheConfig, 1);
    }

    private synchronized void counters(Exposition out, EngineSnapshot engine) {
        counter(
                out,
                "vllm:prefix_cache_queries",
                "Prefix cache queries, in terms of number of queried tokens.",
                cacheQueries);
        counter(out, "vllm:prefix_cache_hits", "Prefix cache hits, in terms of number of cached tokens.", cacheHits);
        counter(out, "vllm:num_preemptions", "Cumulative number of preemption from the engine.", engine.preemptions());
        counter(out, "vllm:prompt_tokens", "Number of prefill tokens processed.", promptTokens);
        String bySource = "vllm:prompt_tokens_by_source_total";
        out.meter(bySource, "counter", "Number of prompt tokens by source.")
                .sample(
                        bySource,
                        labels.with("source", "local_compute"),
                        promptTokens - promptTokensCached - promptTokensLoaded)
                .sample(bySource, labels.with("source", "local_cache_hit"), promptTokensCached)
                .sample(bySource, labels.with("source", "external_kv_transfer"), promptTokensLoaded);
        counter(
                out,
                "vllm:prompt_tokens_cached",
                "Number of cached prompt tokens.",
                promptTokensCached + promptTokensLoaded);
        counter(out, "vllm:generation_tokens", "Number of generation tokens processed.", generationTokens);
        out.meter("vllm:request_success_total", "counter", "Count of successfully processed requests.");
        finished.forEach((reason, count) ->
                out.sample("vllm:request_success_total", labels.with("finished_reason", reason.wireName()), count));
    }

    private synchronized Map<HistogramMeter, Histogram.Counts> copyHistograms() {
        Map<HistogramMeter, Histogram.Counts> copies = new EnumMap<>(HistogramMeter.class);
        histograms.forEach((meter, histogram) -> copies.put(meter, histogram.copy()));
        return copies;
    }

    private void gauge(Exposition out, String name, String help, double value) {
        out.meter(name, "gauge", help).sample(name, labels, value);
    }

    private void counter(Exposition out, String name, String help, double value) {
        out.meter(name + "_total", "counter", help).sample(name + "_total", labels, value);
    }

    private void end(EngineEvent.Finished end) {
        finished.merge(end.reason(), 1L, Long::sum);
        RequestTimes times = end.times();
        observe(HistogramMeter.E2E_REQUEST_LATENCY, (end.time() - times.arrival()) / NANOS);
        observe(HistogramMeter.REQUEST_PROMPT_TOKENS, end.request().prompt().length);
        observe(HistogramMeter.REQUEST_GENERATION_TOKENS, end.outputTokens());
        observe(HistogramMeter.REQUEST_MAX_NUM_GENERATION_TOKENS, end.outputTokens());
        observe(HistogramMeter.REQUEST_PARAMS_MAX_TOKENS, end.request().maxTokens());
        if (times.scheduled() == RequestTimes.NEVER) {
            return;
        }
        observe(HistogramMeter.REQUEST_QUEUE_TIME, (times.scheduled() - times.queued()) / NANOS);
        if (times.firstToken() == RequestTimes.NEVER) {
            return;
        }
        double decodeSeconds = (times.lastToken() - times.firstToken()) / NANOS;
        observe(HistogramMeter.REQUEST_PREFILL_TIME, (times.firstToken() - times.scheduled()) / NANOS);
        observe(HistogramMeter.REQUEST_DECODE_TIME, decodeSeconds);
        observe(HistogramMeter.REQUEST_INFERENCE_TIME, (times.lastToken() - times.scheduled()) / NANOS);
        observe(HistogramMeter.REQUEST_PREFILL_KV_COMPUTED_TOKENS, end.request().prompt().length - end.cachedTokens());
        if (end.outputTokens() > 1) {
            observe(HistogramMeter.REQUEST_TIME_PER_OUTPUT_TOKEN, decodeSeconds / (end.outputTokens() - 1));
        }
    }

    private void observe(HistogramMeter meter, double value) {
        Histogram histogram = histograms.get(meter);
        if (histogram != null) {
            histogram.observe(value);
        }
    }

    private static Map<String, String> cacheConfig(EngineSettings settings) {
        Map<String, String> config = new LinkedHashMap<>();
        config.put("block_size", Integer.toString(settings.blockTokens()));
        config.put("cache_dtype", "auto");
        config.put("enable_prefix_caching", settings.prefixCaching() ? "True" : "False");
        config.put("engine", "0");
        config.put("gpu_memory_utilization", "0.9");
        config.put("kv_cache_size_tokens", Long.toString((long) settings.blocks() * settings.blockTokens()));
        config.put("num_cpu_blocks", "None");
        config.put("num_gpu_blocks", Integer.toString(settings.blocks()));
        config.put("prefix_caching_hash_algo", "sha256");
        config.put("sliding_window", "None");
        return config;
    }
}
