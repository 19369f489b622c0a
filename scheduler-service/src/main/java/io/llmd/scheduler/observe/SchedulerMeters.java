package io.llmd.scheduler.observe;

import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.docs.MeterDocumentation;

/** All meters of the scheduler. Names that begin with {@code llm_d_epp} are llm-d's, the others are our own. */
public enum SchedulerMeters implements MeterDocumentation {
    /** Time from receiving a request to its decision or rejection. */
    DECISION_DURATION("llm_d_epp_scheduler_e2e_duration", Meter.Type.TIMER),
    /** Answers by success or failure and endpoint. */
    ATTEMPTS(
            "llm_d_epp_scheduler_attempts",
            Meter.Type.COUNTER,
            "status",
            "target_model_name",
            "endpoint_name",
            "namespace",
            "port"),
    /** Requests by model, flow and priority; an attempt that follows another one of the same request is not counted. */
    REQUESTS("llm_d_epp_request", Meter.Type.COUNTER, "model_name", "target_model_name", "fairness_id", "priority"),
    /** Requests and attempts that went wrong, by name of the error. */
    REQUEST_ERRORS(
            "llm_d_epp_request_error",
            Meter.Type.COUNTER,
            "model_name",
            "target_model_name",
            "fairness_id",
            "priority",
            "error_code"),
    /** Time from receiving a request to the end of its answer. */
    REQUEST_DURATION(
            "llm_d_epp_request_duration",
            Meter.Type.TIMER,
            "model_name",
            "target_model_name",
            "fairness_id",
            "priority"),
    /** Sizes of request bodies. */
    REQUEST_BYTES(
            "llm_d_epp_request_size",
            Meter.Type.DISTRIBUTION_SUMMARY,
            "model_name",
            "target_model_name",
            "fairness_id",
            "priority"),
    /** Prompt tokens as endpoints counted them. */
    INPUT_TOKENS(
            "llm_d_epp_request_input_tokens",
            Meter.Type.DISTRIBUTION_SUMMARY,
            "model_name",
            "target_model_name",
            "fairness_id",
            "priority"),
    /** Generated tokens as endpoints counted them. */
    OUTPUT_TOKENS(
            "llm_d_epp_request_output_tokens",
            Meter.Type.DISTRIBUTION_SUMMARY,
            "model_name",
            "target_model_name",
            "fairness_id",
            "priority"),
    /** Prompt tokens that came from a cache, where it was any. */
    CACHED_TOKENS(
            "llm_d_epp_request_cached_tokens",
            Meter.Type.DISTRIBUTION_SUMMARY,
            "model_name",
            "target_model_name",
            "fairness_id",
            "priority"),
    /** Attempts in flight. */
    REQUESTS_RUNNING(
            "llm_d_epp_request_running",
            Meter.Type.GAUGE,
            "model_name",
            "target_model_name",
            "fairness_id",
            "priority"),
    /** Whole time of a request divided by its generated tokens. */
    NORMALISED_TIME(
            "llm_d_epp_request_ntpot", Meter.Type.TIMER, "model_name", "target_model_name", "fairness_id", "priority"),
    /** Time from receiving a request to the first byte of its answer. */
    TIME_TO_FIRST_TOKEN(
            "llm_d_epp_request_ttft",
            Meter.Type.TIMER,
            "model_name",
            "target_model_name",
            "fairness_id",
            "priority",
            "streaming"),
    /** Time per generated token after the first, of streamed answers. */
    TIME_PER_OUTPUT_TOKEN(
            "llm_d_epp_request_streaming_tpot",
            Meter.Type.TIMER,
            "model_name",
            "target_model_name",
            "fairness_id",
            "priority"),
    /** Time from receiving a request to its decision or rejection, of requests whose body could be read. */
    REQUEST_PROCESSING("llm_d_epp_request_processing_duration", Meter.Type.TIMER),
    /** Models that rewrite rules chose, by the name of the rule. */
    REWRITES(
            "llm_d_epp_model_rewrite_decisions",
            Meter.Type.COUNTER,
            "model_rewrite_name",
            "model_name",
            "target_model"),
    /** How long calls of plugins take, of the decisions that are recorded. */
    PLUGIN_DURATION("llm_d_epp_plugin_duration", Meter.Type.TIMER, "extension_point", "plugin_type", "plugin_name"),
    /** Choices of the profile handler for disaggregated serving. */
    DISAGG_DECISIONS(
            "llm_d_epp_disagg_decision",
            Meter.Type.COUNTER,
            "plugin_name",
            "plugin_type",
            "model_name",
            "decision_type"),
    /** Whether prefill was split off, by the profile handler for disaggregated serving. */
    PD_DECISIONS(
            "llm_d_epp_pd_decision", Meter.Type.COUNTER, "plugin_name", "plugin_type", "model_name", "decision_type"),
    /** Images, videos and recordings of requests that were placed where plugins follow encoder caches. */
    ENCODER_QUERIES("llm_d_epp_encoder_cache_queries", Meter.Type.COUNTER, "plugin_type", "plugin_name", "modality"),
    /** Those of them that the endpoint had probably encoded before. */
    ENCODER_HITS("llm_d_epp_encoder_cache_hits", Meter.Type.COUNTER, "plugin_type", "plugin_name", "pod", "modality"),
    /** Share of them in each request. */
    ENCODER_HIT_RATIO(
            "llm_d_epp_encoder_cache_hit_ratio", Meter.Type.DISTRIBUTION_SUMMARY, "plugin_type", "plugin_name"),
    /** Requests whose strict header of a rollout no endpoint matches. */
    ROLLOUT_NO_MATCH(
            "llm_d_epp_disaggregatedset_strict_header_no_match",
            Meter.Type.COUNTER,
            "plugin_type",
            "plugin_name",
            "selector"),
    /** Share of the requests that each revision of a rollout gets. */
    ROLLOUT_SHARE(
            "llm_d_epp_disaggregatedset_revision_gating_share",
            Meter.Type.GAUGE,
            "plugin_type",
            "plugin_name",
            "mode",
            "revision"),
    /** Decisions of handoff-cost-pd-decider whether prefill is split off, by what decided. */
    SPLIT_DECISIONS("scheduler.split.decisions", Meter.Type.COUNTER, "plugin_name", "reason"),
    /** Expected time to the first token of answers that have begun, of predictions in process. */
    PREDICTED_TTFT(
            "llm_d_epp_request_predicted_ttft",
            Meter.Type.TIMER,
            "plugin_name",
            "plugin_type",
            "model_name",
            "target_model_name"),
    /** Expected time per token after the first, of answers that are complete. */
    PREDICTED_TPOT(
            "llm_d_epp_request_predicted_tpot",
            Meter.Type.TIMER,
            "plugin_name",
            "plugin_type",
            "model_name",
            "target_model_name"),
    /** How long predicting all candidates of a decision takes. */
    TTFT_PREDICTION_DURATION(
            "llm_d_epp_request_ttft_prediction_duration", Meter.Type.TIMER, "plugin_name", "plugin_type"),
    /** The same, of decisions whose times per output token were predicted, too. */
    TPOT_PREDICTION_DURATION(
            "llm_d_epp_request_tpot_prediction_duration", Meter.Type.TIMER, "plugin_name", "plugin_type"),
    /** Latency objectives that were missed, of those that requests asked for. */
    SLO_VIOLATIONS(
            "llm_d_epp_request_slo_violation",
            Meter.Type.COUNTER,
            "plugin_name",
            "plugin_type",
            "model_name",
            "target_model_name",
            "type"),
    /** Measured and expected times of the last request in seconds, and whether it missed its objective. */
    REQUEST_METRIC(
            "llm_d_epp_inference_request_metric",
            Meter.Type.GAUGE,
            "plugin_name",
            "plugin_type",
            "model_name",
            "target_model_name",
            "type"),
    /** How far predictions are off, in shares of the measured time. */
    PREDICTION_ERROR("scheduler.latency.error", Meter.Type.DISTRIBUTION_SUMMARY, "plugin_name", "type"),
    /** Smoothed share of times, over all roles, that stayed within the bounds that were given for them; nine of ten should. */
    PREDICTION_COVERAGE("scheduler.latency.coverage", Meter.Type.GAUGE, "plugin_name", "type"),
    /** How often what was learned did not hold any more. */
    PREDICTION_DRIFTS("scheduler.latency.drifts", Meter.Type.COUNTER, "plugin_name", "type"),
    /** Measured times that were not learned from because too many waited or they made no sense. */
    PREDICTION_DROPPED("scheduler.latency.dropped", Meter.Type.COUNTER, "plugin_name"),
    /** Rejections by reason. */
    REJECTIONS("scheduler.rejections", Meter.Type.COUNTER, "reason"),
    /** Share of the prompt that the chosen endpoint is expected to hold, of decisions with a known prompt. */
    PREFIX_HIT_RATIO(
            "llm_d_epp_prefix_indexer_hit_ratio", Meter.Type.DISTRIBUTION_SUMMARY, "plugin_name", "plugin_type"),
    /** The same in bytes of text. */
    PREFIX_HIT_BYTES(
            "llm_d_epp_prefix_indexer_hit_bytes", Meter.Type.DISTRIBUTION_SUMMARY, "plugin_name", "plugin_type"),
    /** Blocks in the approximate prefix indexes. */
    PREFIX_SIZE("llm_d_epp_prefix_indexer_size", Meter.Type.GAUGE, "plugin_name", "plugin_type"),
    /** Prompts looked up in the indexes that follow engines' events. */
    KV_LOOKUPS("llm_d_epp_kv_cache_index_lookup_requests", Meter.Type.COUNTER),
    /** Blocks of the longest match of each of these look-ups. */
    KV_LOOKUP_HITS("llm_d_epp_kv_cache_index_lookup_hits", Meter.Type.COUNTER),
    /** Blocks forgotten because the memory of an index was used up. */
    KV_EVICTIONS("llm_d_epp_kv_cache_index_evictions", Meter.Type.COUNTER),
    /** Engines whose events arrive. */
    KV_SUBSCRIBERS("llm_d_epp_kv_cache_events_active_subscribers", Meter.Type.GAUGE),
    /** Distinct blocks in the indexes that follow engines' events. */
    KV_BLOCKS("scheduler.kv.index.blocks", Meter.Type.GAUGE),
    /** Memory for these blocks. */
    KV_BYTES("scheduler.kv.index.size", Meter.Type.GAUGE),
    /** Engines by how far their events can be relied on: exact, catching_up, degraded. */
    KV_SOURCES("scheduler.kv.sources", Meter.Type.GAUGE, "state"),
    /** Batches of events that are known to be published and are not applied. */
    KV_LAG("scheduler.kv.source.lag", Meter.Type.GAUGE, "model_server_endpoint"),
    /** Requests for which an estimate stood in for the index: no_exact_tokens, not_ready, late, unreachable, overloaded. */
    KV_FALLBACKS("scheduler.kv.fallbacks", Meter.Type.COUNTER, "reason"),
    /** What an index that follows a log of lanes met there. */
    KV_LOG_EVENTS("scheduler.kv.log.events", Meter.Type.COUNTER, "event"),
    /** Time from writing a change into that log until decisions see it. */
    KV_LOG_LAG("scheduler.kv.log.lag", Meter.Type.TIMER),
    /** Tokens that the index claimed to be cached where requests were sent. */
    KV_CLAIMED_TOKENS("scheduler.kv.claimed.tokens", Meter.Type.COUNTER),
    /** Cached tokens that engines reported for the same requests, at most those claimed. */
    KV_CONFIRMED_TOKENS("scheduler.kv.confirmed.tokens", Meter.Type.COUNTER),
    /** Share of the claimed tokens that an endpoint confirms, lately. */
    KV_CONFIRMED_SHARE("scheduler.kv.confirmed.share", Meter.Type.GAUGE, "model_server_endpoint"),
    /** Endpoints of the pool. */
    READY_ENDPOINTS("llm_d_epp_ready_endpoints", Meter.Type.GAUGE, "name"),
    /** Endpoints whose metrics are unknown or too old. */
    STALE_ENDPOINTS("scheduler.endpoints.stale", Meter.Type.GAUGE, "name"),
    /** Mean used share of the KV cache over endpoints with fresh metrics. */
    AVERAGE_KV_CACHE("llm_d_epp_average_kv_cache_utilization", Meter.Type.GAUGE, "name"),
    /** Mean waiting requests over endpoints with fresh metrics. */
    AVERAGE_QUEUE("llm_d_epp_average_queue_size", Meter.Type.GAUGE, "name"),
    /** Mean running requests over endpoints with fresh metrics. */
    AVERAGE_RUNNING("llm_d_epp_average_running_requests", Meter.Type.GAUGE, "name"),
    /** Standard deviation of the used share of the KV cache. */
    STD_DEV_KV_CACHE("llm_d_epp_std_dev_kv_cache_utilization", Meter.Type.GAUGE, "name"),
    /** Standard deviation of waiting requests. */
    STD_DEV_QUEUE("llm_d_epp_std_dev_queue_size", Meter.Type.GAUGE, "name"),
    /** Standard deviation of running requests. */
    STD_DEV_RUNNING("llm_d_epp_std_dev_running_requests", Meter.Type.GAUGE, "name"),
    /** Waiting requests of one endpoint. */
    ENDPOINT_QUEUE("llm_d_epp_per_endpoint_queue_size", Meter.Type.GAUGE, "name", "model_server_endpoint"),
    /** Requests that this scheduler has placed on one endpoint and that have not ended. */
    IN_FLIGHT_REQUESTS("llm_d_epp_inflight_requests", Meter.Type.GAUGE, "endpoint_name", "namespace", "producer_name"),
    /** Prompt tokens of those whose prefill has not ended. */
    IN_FLIGHT_TOKENS("llm_d_epp_inflight_tokens", Meter.Type.GAUGE, "endpoint_name", "namespace", "producer_name"),
    /**
     * Requests in flight on one endpoint as the schedulers of the pool count them, less those that it reports as running and
     * waiting. Far below 0, others send there too; far above, ends of requests get lost.
     */
    IN_FLIGHT_DRIFT("scheduler.inflight.drift", Meter.Type.GAUGE, "model_server_endpoint"),
    /** 1 while something is wrong with the source of endpoints, so that those known before stay. */
    DISCOVERY_FAILING("scheduler.discovery.failing", Meter.Type.GAUGE),
    /** Readings of pages of endpoints that failed. */
    POLL_ERRORS("llm_d_epp_datalayer_poll_errors", Meter.Type.COUNTER, "source_type"),
    /** Pages that did not say all that was wanted, or with impossible values. */
    EXTRACT_ERRORS("llm_d_epp_datalayer_extract_errors", Meter.Type.COUNTER, "source_type", "extractor_type"),
    /** The same by reason. */
    SCRAPE_FAILURES("scheduler.scrape.failures", Meter.Type.COUNTER, "reason"),
    /** Time that requests spent in flow control. */
    QUEUE_DURATION(
            "llm_d_epp_flow_control_request_queue_duration",
            Meter.Type.TIMER,
            "model_name",
            "target_model_name",
            "fairness_id",
            "priority",
            "inference_pool",
            "outcome"),
    /** How long a dispatch cycle takes. */
    DISPATCH_CYCLE("llm_d_epp_flow_control_dispatch_cycle_duration", Meter.Type.TIMER),
    /** Time until a request has its place in a queue. */
    ENQUEUE("llm_d_epp_flow_control_request_enqueue_duration", Meter.Type.TIMER, "fairness_id", "priority", "outcome"),
    /** Requests in flow control, from entry to outcome. */
    QUEUE_SIZE(
            "llm_d_epp_flow_control_queue_size",
            Meter.Type.GAUGE,
            "model_name",
            "target_model_name",
            "fairness_id",
            "priority",
            "inference_pool"),
    /** Bytes of their bodies. */
    QUEUE_BYTES(
            "llm_d_epp_flow_control_queue_bytes",
            Meter.Type.GAUGE,
            "model_name",
            "target_model_name",
            "fairness_id",
            "priority",
            "inference_pool"),
    /** How full the pool is, as flow control sees it: 1 is full. */
    POOL_SATURATION("llm_d_epp_flow_control_pool_saturation", Meter.Type.GAUGE, "inference_pool", "stage"),
    /** Endpoints without a recent reading, as a saturation detector sees them. */
    FLOW_STALE_ENDPOINTS("llm_d_epp_flow_control_stale_endpoints", Meter.Type.GAUGE, "detector"),
    /** Used share of the requests that a priority band may hold. */
    BAND_REQUESTS(
            "llm_d_epp_flow_control_capacity_utilization_requests", Meter.Type.GAUGE, "inference_pool", "priority"),
    /** Used share of the bytes that a priority band may hold. */
    BAND_BYTES("llm_d_epp_flow_control_capacity_utilization_bytes", Meter.Type.GAUGE, "inference_pool", "priority"),
    /** Used share of the requests that all bands may hold, when that is bounded. */
    TOTAL_REQUESTS("llm_d_epp_flow_control_global_capacity_utilization_requests", Meter.Type.GAUGE, "inference_pool"),
    /** Used share of the bytes that all bands may hold, when that is bounded. */
    TOTAL_BYTES("llm_d_epp_flow_control_global_capacity_utilization_bytes", Meter.Type.GAUGE, "inference_pool"),
    /** Requests that left flow control, by outcome. */
    FLOW_REQUESTS("llm_d_epp_flow_control_requests", Meter.Type.COUNTER, "inference_pool", "outcome", "priority"),
    /** Running requests that were told to end, by the priority of those for whom. */
    REVOCATIONS_ISSUED("llm_d_epp_flow_control_revocations_issued", Meter.Type.COUNTER, "inference_pool", "priority"),
    /** The same by whether they ended in time: {@code confirmed}, {@code timed_out}. */
    REVOCATIONS("llm_d_epp_flow_control_revocations", Meter.Type.COUNTER, "inference_pool", "outcome"),
    /** Saturation that revocations shall free. */
    RECLAIM_TARGET("llm_d_epp_flow_control_reclaim_target", Meter.Type.GAUGE, "inference_pool"),
    /** Saturation that revocations under way will free. */
    PENDING_RECLAIM("llm_d_epp_flow_control_pending_reclaim", Meter.Type.GAUGE, "inference_pool"),
    /** Time from telling a running request to end until it has. */
    REVOCATION_CONFIRMATION("llm_d_epp_flow_control_revocation_confirmation", Meter.Type.TIMER, "inference_pool"),
    /** Seconds that a request may wait while endpoints exist, 0 for as long as it takes. */
    FLOW_TTL("scheduler.flow.ttl", Meter.Type.GAUGE, "inference_pool"),
    /** Requests that wait in another band, because there is none of their priority. */
    FLOW_FALLBACKS("scheduler.flow.fallbacks", Meter.Type.COUNTER, "priority", "band"),
    /** Requests that went before those of higher bands, because their band had sent none for long. */
    FLOW_AGED("scheduler.flow.aged", Meter.Type.COUNTER, "band"),
    /** Requests that share a flow, because their band has as many as it may. */
    FLOW_OVERFLOWS("scheduler.flow.overflows", Meter.Type.COUNTER, "band"),
    /** How evenly programs have been served: 1 is evenly, 1/n is one of n alone. */
    PROGRAM_FAIRNESS("llm_d_epp_program_aware_jains_fairness_index", Meter.Type.GAUGE),
    /** Mean wait of a program's requests in milliseconds. */
    PROGRAM_WAIT("llm_d_epp_program_aware_avg_wait_time_milliseconds", Meter.Type.GAUGE, "program_id"),
    /** Tokens that a program has got, the recent ones counting most. */
    PROGRAM_SERVICE("llm_d_epp_program_aware_attained_service_tokens", Meter.Type.GAUGE, "program_id"),
    /** Which build this is, always 1. */
    BUILD("llm_d_epp", Meter.Type.OTHER, "commit", "build_ref"),
    /** Records of decisions. */
    RECORDS("scheduler.decisions.records", Meter.Type.GAUGE),
    /** Recorded decisions that were not traced, because too many waited or their spans could not be made. */
    TRACES_DROPPED("scheduler.traces.dropped", Meter.Type.COUNTER),
    /** Spans that were made and did not arrive, because too many waited or the collector did not take them. */
    SPANS_LOST("scheduler.spans.lost", Meter.Type.COUNTER),
    /** Heap that records of decisions hold on to. */
    RECORDS_MEMORY("scheduler.decisions.memory", Meter.Type.GAUGE),
    /**
     * Calls of plugins that threw or answered something impossible ({@code failed}), took too long ({@code overrun}), did
     * not return ({@code hung}), or did not happen for want of data ({@code skipped}) or after failures ({@code passed_over}).
     */
    PLUGIN_FAULTS("scheduler.plugin.faults", Meter.Type.COUNTER, "plugin", "reason"),
    /** Plugins that are not called any more ({@code opened}) and that are called again ({@code closed}). */
    PLUGIN_BREAKERS("scheduler.plugin.breakers", Meter.Type.COUNTER, "plugin", "state"),
    /** Calls of plugins that do not return. */
    HANGING_CALLS("scheduler.plugin.calls.hanging", Meter.Type.GAUGE),
    /** Uses of data that a plugin does not declare. */
    SCOPE_VIOLATIONS(
            "llm_d_epp_plugin_data_scope_violations",
            Meter.Type.COUNTER,
            "extension_point",
            "plugin_type",
            "plugin_name",
            "access"),
    /** Scores that were no number in [0, 1]. */
    INVALID_SCORES("scheduler.score.invalid", Meter.Type.COUNTER, "plugin"),
    /** Numbers that request-attribute-reporter works out about answers. */
    RESPONSE_ATTRIBUTES("scheduler.response.attribute", Meter.Type.DISTRIBUTION_SUMMARY, "namespace", "name"),
    /** Changed scheduling configurations by result. */
    CONFIG_RELOADS("scheduler.config.reloads", Meter.Type.COUNTER, "outcome"),
    /** 1 while the file of the scheduling configuration cannot be used as it is, so that the configuration before it stays. */
    CONFIG_STALE("scheduler.config.stale", Meter.Type.GAUGE),
    /** Changed files of objectives and model rewrites by result. */
    RESOURCE_RELOADS("scheduler.resource.reloads", Meter.Type.COUNTER, "outcome"),
    /** Endpoint lists and entries that were refused. */
    DISCOVERY_PROBLEMS("scheduler.discovery.problems", Meter.Type.COUNTER, "reason"),
    /** Attempts in flight. */
    LEASES("scheduler.leases", Meter.Type.GAUGE),
    /** Attempts that were ended because nobody reported their end. */
    LEASES_REAPED("scheduler.leases.reaped", Meter.Type.COUNTER),
    /** Requests of proxies that are under way. */
    PROXIED_REQUESTS("scheduler.proxied.requests", Meter.Type.GAUGE),
    /** Bodies of such requests that are not forwarded yet. */
    PROXIED_BODIES("scheduler.proxied.bodies", Meter.Type.GAUGE),
    /** Outcome reports by whether they were news. */
    REPORTS("scheduler.reports", Meter.Type.COUNTER, "outcome"),
    /** Other schedulers of the pool whose load counts here. */
    REPLICAS("scheduler.replicas.others", Meter.Type.GAUGE),
    /** Records of load between schedulers by what became of them. */
    REPLICA_SHARES("scheduler.replicas.shares", Meter.Type.COUNTER, "outcome"),
    /** Attempts that have ended, by what became of the news. */
    OUTCOMES("scheduler.outcomes", Meter.Type.COUNTER, "outcome"),
    /** Time until a request has exact tokens, or is known not to get any. */
    TOKENIZATION("scheduler.tokenization", Meter.Type.TIMER, "plugin", "outcome"),
    /** Looks for tokens that are kept. */
    TOKEN_LOOKUPS("scheduler.tokenization.lookups", Meter.Type.COUNTER, "plugin", "store", "outcome"),
    /** Heap that kept tokens take. */
    TOKEN_MEMORY("scheduler.tokenization.memory", Meter.Type.GAUGE, "plugin", "store"),
    /** Exceptions that reached the edge: defects. */
    FAILURES("scheduler.failures", Meter.Type.COUNTER);

    private record Key(String key) implements KeyName {
        @Override
        public String asString() {
            return key;
        }
    }

    private final String meterName;
    private final Meter.Type type;
    private final KeyName[] keys;

    SchedulerMeters(String meterName, Meter.Type type, String... keys) {
        this.meterName = meterName;
        this.type = type;
        this.keys = java.util.Arrays.stream(keys).map(Key::new).toArray(KeyName[]::new);
    }

    @Override
    public String getName() {
        return meterName;
    }

    @Override
    public Meter.Type getType() {
        return type;
    }

    @Override
    public KeyName[] getKeyNames() {
        return keys.clone();
    }
}
