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
    /** Rejections by reason. */
    REJECTIONS("scheduler.rejections", Meter.Type.COUNTER, "reason"),
    /** Share of the prompt that the chosen endpoint is expected to hold, of decisions with a known prompt. */
    PREFIX_HIT_RATIO(
            "llm_d_epp_prefix_indexer_hit_ratio", Meter.Type.DISTRIBUTION_SUMMARY, "plugin_name", "plugin_type"),
    /** Blocks in the approximate prefix indexes. */
    PREFIX_SIZE("llm_d_epp_prefix_indexer_size", Meter.Type.GAUGE, "plugin_name", "plugin_type"),
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
    /** Readings of pages of endpoints that failed. */
    POLL_ERRORS("llm_d_epp_datalayer_poll_errors", Meter.Type.COUNTER, "source_type"),
    /** Pages that did not say all that was wanted, or with impossible values. */
    EXTRACT_ERRORS("llm_d_epp_datalayer_extract_errors", Meter.Type.COUNTER, "source_type", "extractor_type"),
    /** The same by reason. */
    SCRAPE_FAILURES("scheduler.scrape.failures", Meter.Type.COUNTER, "reason"),
    /** Calls of plugins that threw, answered something impossible, or were skipped for want of data. */
    PLUGIN_FAULTS("scheduler.plugin.faults", Meter.Type.COUNTER, "plugin", "reason"),
    /** Scores that were no number in [0, 1]. */
    INVALID_SCORES("scheduler.score.invalid", Meter.Type.COUNTER, "plugin"),
    /** Numbers that request-attribute-reporter works out about answers. */
    RESPONSE_ATTRIBUTES("scheduler.response.attribute", Meter.Type.DISTRIBUTION_SUMMARY, "namespace", "name"),
    /** Changed scheduling configurations by result. */
    CONFIG_RELOADS("scheduler.config.reloads", Meter.Type.COUNTER, "outcome"),
    /** Changed files of objectives and model rewrites by result. */
    RESOURCE_RELOADS("scheduler.resource.reloads", Meter.Type.COUNTER, "outcome"),
    /** Endpoint lists and entries that were refused. */
    DISCOVERY_PROBLEMS("scheduler.discovery.problems", Meter.Type.COUNTER, "reason"),
    /** Attempts in flight. */
    LEASES("scheduler.leases", Meter.Type.GAUGE),
    /** Attempts that were ended because nobody reported their end. */
    LEASES_REAPED("scheduler.leases.reaped", Meter.Type.COUNTER),
    /** Outcome reports by whether they were news. */
    REPORTS("scheduler.reports", Meter.Type.COUNTER, "outcome"),
    /** Other schedulers of the pool whose load counts here. */
    REPLICAS("scheduler.replicas.others", Meter.Type.GAUGE),
    /** Records of load between schedulers by what became of them. */
    REPLICA_SHARES("scheduler.replicas.shares", Meter.Type.COUNTER, "outcome"),
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
