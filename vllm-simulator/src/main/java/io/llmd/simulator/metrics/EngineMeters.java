package io.llmd.simulator.metrics;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.EngineSink;
import io.llmd.simulator.engine.EngineSnapshot;
import io.llmd.simulator.engine.EvictedBlock;
import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.engine.RequestTimes;
import io.llmd.simulator.engine.SleepState;
import io.llmd.simulator.metrics.Exposition.Labels;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one engine under vLLM's names. Events come from the thread that drives the engine, scrapes from any; a
 * short lock lies between them, and text is written outside of it.
 */
public final class EngineMeters implements EngineSink {
    private static final double NANOS = 1e9;
    private static final List<String> TIERS = List.of("device", "host", "p2p", "disk", "external_unspecified");

    private final SimulatorSettings settings;
    private final EngineSettings engineSettings;
    private final InstantSource clock;
    private final Labels labels;
    private final Labels cacheConfig;
    private final Map<HistogramMeter, Histogram> histograms = new EnumMap<>(HistogramMeter.class);
    private final Map<String, Long> finished = new LinkedHashMap<>();
    private final Map<Long, Integer> preempted = new HashMap<>();
    private final @Nullable AdapterSeries adapters;
    private long cacheQueries;
    private long cacheHits;
    private long promptTokens;
    private long promptTokensCached;
    private long promptTokensLoaded;
    private long generationTokens;

    /**
     * @param rank data-parallel rank of the engine
     * @param clock for series whose value is a time
     */
    public EngineMeters(SimulatorSettings settings, int rank, InstantSource clock) {
        this.settings = settings;
        this.clock = clock;
        engineSettings = settings.engine();
        labels = Labels.of(Map.of("model_name", settings.servedModelName(), "engine", Integer.toString(rank)));
        cacheConfig = CacheConfigLabels.of(settings, rank);
        adapters = settings.lora().enabled()
                ? new AdapterSeries(engineSettings.adapters().maxAdapters())
                : null;
        for (HistogramMeter meter : HistogramMeter.values()) {
            if (!meter.isAboutBlocks() || settings.metrics().blockSample() > 0) {
                histograms.put(meter, meter.create(engineSettings.maxModelLen()));
            }
        }
        settings.preset().finishedReasons().forEach(reason -> finished.put(reason, 0L));
    }

    @Override
    public synchronized void accept(EngineEvent event) {
        switch (event) {
            case EngineEvent.Scheduled scheduled -> {
                cacheQueries += engineSettings.prefixCaching() ? scheduled.promptTokens() : 0;
                cacheHits += scheduled.cachedTokens();
            }
            case EngineEvent.TokenProduced token -> produced(token);
            case EngineEvent.StepCompleted step -> completed(step);
            case EngineEvent.Finished end -> end(end);
            case EngineEvent.Preempted lost -> preempted.merge(lost.requestId(), 1, Integer::sum);
            case EngineEvent.LoadWanted ignored -> {}
            case EngineEvent.LeaseEnded ignored -> {}
            case EngineEvent.BlocksStored ignored -> {}
            case EngineEvent.BlocksRemoved ignored -> {}
            case EngineEvent.BlocksCleared ignored -> {}
        }
    }

    @Override
    public synchronized void evicted(EvictedBlock block) {
        observe(HistogramMeter.KV_BLOCK_LIFETIME, block.lifetimeNanos() / NANOS);
        observe(HistogramMeter.KV_BLOCK_IDLE_BEFORE_EVICT, block.idleNanos() / NANOS);
        for (long gap : block.reuseGapNanos()) {
            observe(HistogramMeter.KV_BLOCK_REUSE_GAP, gap / NANOS);
        }
    }

    /** Notes a state of the engine. */
    public synchronized void observe(EngineSnapshot engine) {
        if (adapters != null) {
            adapters.observe(engine, clock.instant());
        }
    }

    /**
     * Counts a prompt whose choices have all ended.
     *
     * @param n choices
     * @param mostTokens of the choice that got longest
     */
    public synchronized void ended(int n, int mostTokens) {
        observe(HistogramMeter.REQUEST_PARAMS_N, n);
        observe(HistogramMeter.REQUEST_MAX_NUM_GENERATION_TOKENS, mostTokens);
    }

    void writeState(Exposition out, EngineSnapshot engine) {
        gauge(out, "vllm:num_requests_running", "Number of requests in model execution batches.", engine.running());
        gauge(out, "vllm:num_requests_waiting", "Number of requests waiting to be processed.", engine.waiting());
        out.gauge(
                        "vllm:num_requests_waiting_by_reason",
                        "Number of waiting requests by reason. Reason labels: 'capacity' = waiting for scheduling"
                                + " capacity; 'deferred' = deferred by transient constraints (LoRA budget, KV"
                                + " transfer, blocked status). Sum of all reasons equals vllm:num_requests_waiting.")
                .value(labels.with("reason", "capacity"), engine.waiting() - engine.deferred())
                .value(labels.with("reason", "deferred"), engine.deferred());
        out.gauge(
                "vllm:engine_sleep_state",
                "Engine sleep state; awake = 0 means engine is sleeping; awake = 1 means engine is awake;"
                        + " weights_offloaded = 1 means sleep level 1; discard_all = 1 means sleep level 2.");
        for (SleepState state : List.of(SleepState.AWAKE, SleepState.WEIGHTS_OFFLOADED, SleepState.DISCARD_ALL)) {
            out.value(labels.with("sleep_state", state.wireName()), engine.sleepState() == state ? 1 : 0);
        }
        gauge(out, "vllm:kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage.", engine.kvUsage());
        gauge(
                out,
                "vllm:gpu_cache_usage_perc",
                "GPU KV-cache usage. 1 means 100 percent usage.DEPRECATED: Use vllm:kv_cache_usage_perc instead.",
                engine.kvUsage());
    }

    synchronized void writeCounters(Exposition out, EngineSnapshot engine) {
        for (String work : List.of("flops", "read_bytes", "write_bytes")) {
            counter(out, "vllm:estimated_" + work + "_per_gpu", estimated(work), 0);
        }
        cacheCounters(out);
        counter(
                out,
                "vllm:mm_cache_queries",
                "Multi-modal cache queries, in terms of number of queried items.",
                engine.mediaQueries());
        counter(
                out,
                "vllm:mm_cache_hits",
                "Multi-modal cache hits, in terms of number of cached items.",
                engine.mediaHits());
        counter(out, "vllm:num_preemptions", "Cumulative number of preemption from the engine.", engine.preemptions());
        tokenCounters(out);
        out.counter("vllm:request_success", "Count of successfully processed requests.");
        finished.forEach((reason, count) -> out.count(labels.with("finished_reason", reason), count));
    }

    void writeHistograms(Exposition out) {
        copyHistograms()
                .forEach((meter, counts) ->
                        out.meter(meter.wireName(), "histogram", meter.help()).histogram(labels, counts));
        if (adapters != null) {
            synchronized (this) {
                adapters.write(out);
            }
        }
        out.gauge("vllm:cache_config_info", "Information of the LLMEngine CacheConfig")
                .value(cacheConfig, 1);
    }

    Labels labels() {
        return labels;
    }

    private static String estimated(String work) {
        String what = switch (work) {
            case "flops" -> "number of floating point operations per GPU";
            case "read_bytes" -> "number of bytes read from memory per GPU";
            default -> "number of bytes written to memory per GPU";
        };
        return "Estimated " + what + " (for Model Flops Utilization calculations).";
    }

    private void cacheCounters(Exposition out) {
        counter(
                out,
                "vllm:prefix_cache_queries",
                "Prefix cache queries, in terms of number of queried tokens.",
                cacheQueries);
        counter(out, "vllm:prefix_cache_hits", "Prefix cache hits, in terms of number of cached tokens.", cacheHits);
        counter(
                out,
                "vllm:gpu_prefix_cache_queries",
                "GPU prefix cache queries, in terms of number of queriedtokens. DEPRECATED: Use"
                        + " vllm:prefix_cache_queries instead.",
                cacheQueries);
        counter(
                out,
                "vllm:gpu_prefix_cache_hits",
                "GPU prefix cache hits, in terms of number of cached tokens. DEPRECATED: Use"
                        + " vllm:prefix_cache_hits instead.",
                cacheHits);
        if (!settings.handoff().isConnected()) {
            counter(
                    out,
                    "vllm:external_prefix_cache_queries",
                    "External prefix cache queries from KV connector cross-instance cache sharing, in terms of number"
                            + " of queried tokens.",
                    0);
            counter(
                    out,
                    "vllm:external_prefix_cache_hits",
                    "External prefix cache hits from KV connector cross-instance cache sharing, in terms of number of"
                            + " cached tokens.",
                    0);
        }
    }

    private void tokenCounters(Exposition out) {
        long computed = promptTokens - promptTokensCached - promptTokensLoaded;
        counter(out, "vllm:prompt_tokens", "Number of prefill tokens processed.", promptTokens);
        out.counter("vllm:prompt_tokens_by_source", "Number of prompt tokens by source.")
                .count(labels.with("source", "local_compute"), computed)
                .count(labels.with("source", "local_cache_hit"), promptTokensCached)
                .count(labels.with("source", "external_kv_transfer"), promptTokensLoaded);
        counter(
                out,
                "vllm:prompt_tokens_cached",
                "Number of cached prompt tokens (local + external).",
                promptTokensCached + promptTokensLoaded);
        out.counter(
                "vllm:prompt_tokens_cached_by_source",
                "Prefix-cache hit tokens by the cache tier that supplied them: device (local HBM), host (offloaded to"
                        + " DRAM), disk, p2p (transferred from another vLLM instance) or external_unspecified. Counted"
                        + " at admission; sums to vllm:prefix_cache_hits + vllm:external_prefix_cache_hits.");
        for (String tier : TIERS) {
            long tokens = tier.equals("device") ? cacheHits : tier.equals("p2p") ? promptTokensLoaded : 0;
            out.count(labels.with("source", tier), tokens);
        }
        counter(out, "vllm:generation_tokens", "Number of generation tokens processed.", generationTokens);
    }

    private synchronized Map<HistogramMeter, Histogram.Counts> copyHistograms() {
        Map<HistogramMeter, Histogram.Counts> copies = new EnumMap<>(HistogramMeter.class);
        histograms.forEach((meter, histogram) -> copies.put(meter, histogram.copy()));
        return copies;
    }

    private void gauge(Exposition out, String name, String help, double value) {
        out.gauge(name, help).value(labels, value);
    }

    private void counter(Exposition out, String name, String help, double value) {
        out.counter(name, help).count(labels, value);
    }

    private void produced(EngineEvent.TokenProduced token) {
        generationTokens++;
        double seconds = token.sincePrevious() / NANOS;
        if (token.index() == 0) {
            observe(HistogramMeter.TIME_TO_FIRST_TOKEN, seconds);
        } else {
            observe(HistogramMeter.INTER_TOKEN_LATENCY, seconds);
            observe(HistogramMeter.TIME_PER_OUTPUT_TOKEN, seconds);
        }
    }

    private void completed(EngineEvent.StepCompleted step) {
        promptTokens += step.promptTokens();
        promptTokensCached += step.cachedTokens();
        promptTokensLoaded += step.loadedTokens();
        int found = settings.preset().countsComputedTokens() ? step.cachedTokens() + step.loadedTokens() : 0;
        observe(HistogramMeter.ITERATION_TOKENS, step.promptTokens() - found + step.producedTokens());
    }

    private void end(EngineEvent.Finished end) {
        count(end.reason());
        RequestTimes times = end.times();
        Integer preemptions = preempted.remove(end.request().id());
        observe(HistogramMeter.E2E_REQUEST_LATENCY, (end.time() - times.arrival()) / NANOS);
        observe(HistogramMeter.REQUEST_NUM_PREEMPTIONS, preemptions == null ? 0 : preemptions);
        observe(HistogramMeter.REQUEST_PROMPT_TOKENS, end.request().prompt().length);
        observe(HistogramMeter.REQUEST_GENERATION_TOKENS, end.outputTokens());
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
        observe(
                HistogramMeter.REQUEST_PREFILL_KV_COMPUTED_TOKENS,
                end.request().prompt().length - end.cachedTokens() - end.loadedTokens());
        observe(
                HistogramMeter.REQUEST_TIME_PER_OUTPUT_TOKEN,
                end.outputTokens() > 1 ? decodeSeconds / (end.outputTokens() - 1) : 0);
    }

    /** Counts an end; a reason that the version does not know appears when it happens. */
    private void count(FinishReason reason) {
        finished.merge(reason.wireName(), 1L, Long::sum);
    }

    private void observe(HistogramMeter meter, double value) {
        Histogram histogram = histograms.get(meter);
        if (histogram != null) {
            histogram.observe(value);
        }
    }
}
