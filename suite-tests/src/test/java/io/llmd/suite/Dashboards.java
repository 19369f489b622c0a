package io.llmd.suite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Makes Grafana's dashboards, a line or two for each panel, so that all look alike and a query is read next to its title.
 * Run as {@code java suite-tests/src/test/java/io/llmd/suite/Dashboards.java} in the repository's root it writes the files.
 */
final class Dashboards {

    private static final List<Path> FOLDERS =
            List.of(Path.of("ops/grafana/dashboards"), Path.of("k8s/helm/llmd/files/dashboards"));
    private static final Map<String, Object> SOURCE = map("type", "prometheus", "uid", "${datasource}");
    private static final String RATE = "[$__rate_interval]";
    private static final String SERVER_ERRORS =
            "auth_unavailable|internal_error|no_endpoints|shutting_down|upstream_error|upstream_incomplete|upstream_timeout";

    private static final int WIDTH = 24;

    /** A query and how its series are called. */
    record Query(String expression, String legend) {}

    /** What a dashboard can be narrowed to. */
    enum Variable {
        MODEL("Model", "label_values(gateway_requests_total, model)"),
        POOL("Pool", "label_values(llm_d_epp_ready_endpoints, name)"),
        TENANT("Tenant", "label_values(gateway_tenant_tokens_total, tenant)"),
        PRIORITY("Priority", "label_values(llm_d_epp_request_total, priority)"),
        SERVICE("Service", "label_values(process_cpu_usage, job)"),
        ENDPOINT("Endpoint", "label_values(vllm:num_requests_running, instance)");

        private final String label;
        private final String query;

        Variable(String label, String query) {
            this.label = label;
            this.query = query;
        }
    }

    private final String uid;
    private final String title;
    private final String description;
    private final List<Variable> variables;
    private final List<Map<String, Object>> panels = new ArrayList<>();
    private int x;
    private int y;
    private int rowHeight;

    private Dashboards(String uid, String title, String description, Variable... variables) {
        this.uid = uid;
        this.title = title;
        this.description = description;
        this.variables = List.of(variables);
    }

    public static void main(String[] arguments) throws IOException {
        for (Map.Entry<String, String> file : all().entrySet()) {
            for (Path folder : FOLDERS) {
                Files.writeString(folder.resolve(file.getKey()), file.getValue());
            }
        }
    }

    /** Contents by name of the file. */
    static Map<String, String> all() {
        Map<String, String> files = new LinkedHashMap<>();
        for (Dashboards each : List.of(
                overview(),
                latency(),
                flowControl(),
                picking(),
                kvIndex(),
                autoscaler(),
                runtime(),
                tenants(),
                servers())) {
            files.put(each.uid + ".json", Json.write(each.json()) + "\n");
        }
        return files;
    }

    private static Dashboards overview() {
        String requests = "gateway_requests_total{model=~\"$model\"}";
        String errors = "gateway_requests_total{model=~\"$model\",code=~\"" + SERVER_ERRORS + "\"}";
        return new Dashboards(
                        "llmd-overview",
                        "llm-d overview",
                        "Are users served well? Requests, errors, latency, tokens and queue at a glance.",
                        Variable.MODEL,
                        Variable.POOL)
                .row("Now")
                .stat("Requests", "Requests per second that ended.", "reqps", sum(requests))
                .stat(
                        "Error share",
                        "Share of requests that ended with a server error. Runbook: docs/runbooks/high-error-share.md",
                        "percentunit",
                        "(" + sum(errors) + " or vector(0)) / " + sum(requests))
                .stat("TTFT p99", "Time to first token. Runbook: docs/runbooks/ttft-slo.md", "s", ttft("0.99"))
                .stat(
                        "Ready endpoints",
                        "Endpoints that requests can go to. Runbook: docs/runbooks/no-ready-endpoints.md",
                        "short",
                        "sum(llm_d_epp_ready_endpoints{name=~\"$pool\"})")
                .stat(
                        "Saturation",
                        "How full the pool is: 1 is full. Runbook: docs/runbooks/saturated-long.md",
                        "percentunit",
                        "max(llm_d_epp_flow_control_pool_saturation{inference_pool=~\"$pool\",stage=\"effective\"})"
                                + " or max(llm_d_epp_average_kv_cache_utilization{name=~\"$pool\"})")
                .stat(
                        "Cache hit",
                        "Share of prompt tokens that endpoints found in their prefix caches.",
                        "percentunit",
                        "sum(rate(vllm:prefix_cache_hits_total" + RATE + ")) / sum(rate(vllm:prefix_cache_queries_total"
                                + RATE + "))")
                .row("Requests")
                .stacked(
                        "Requests by outcome",
                        "",
                        "reqps",
                        of("sum by (outcome) (rate(" + requests + RATE + "))", "{{outcome}}"))
                .series("Time to first token", "", "s", quantiles("gateway_ttft_seconds", "{model=~\"$model\"}"))
                .series(
                        "Time per output token",
                        "After the first token, of streamed answers.",
                        "s",
                        quantiles("gateway_tpot_seconds", "{model=~\"$model\"}"))
                .stacked(
                        "Tokens per second",
                        "As endpoints counted them: prompt, of it cached, generated.",
                        "short",
                        of(
                                "sum by (direction) (rate(gateway_tokens_total{model=~\"$model\"}" + RATE + "))",
                                "{{direction}}"))
                .series(
                        "Refusals by reason",
                        "Share of all requests. Runbook: docs/runbooks/refusals-high.md",
                        "percentunit",
                        of(
                                "sum by (reason) (rate(gateway_refusals_total" + RATE
                                        + ")) / on() group_left() sum(rate(gateway_requests_total" + RATE
                                        + ")) or vector(0)",
                                "{{reason}}"))
                .series(
                        "In flight and waiting",
                        "Requests inside the gateway, and of them those that flow control holds.",
                        "short",
                        of("sum(gateway_inflight)", "in flight"),
                        of(
                                "sum(llm_d_epp_flow_control_queue_size{inference_pool=~\"$pool\"}) or vector(0)",
                                "waiting in flow control"),
                        of("sum(vllm:num_requests_waiting)", "waiting at endpoints"))
                .row("Something is wrong")
                .series(
                        "Alarms",
                        "Endpoints without recent metrics, ejected ones, and requests that the gateway placed itself.",
                        "short",
                        of("sum(scheduler_endpoints_stale{name=~\"$pool\"})", "stale endpoints"),
                        of("sum(gateway_endpoint_ejected) or vector(0)", "ejected endpoints"),
                        of("sum(rate(gateway_fallback_picks_total" + RATE + "))", "fallback picks per second"))
                .series(
                        "Server errors by code",
                        "Runbook: docs/runbooks/high-error-share.md",
                        "reqps",
                        of("sum by (code) (rate(" + errors + RATE + ")) or vector(0)", "{{code}}"));
    }

    private static Dashboards latency() {
        return new Dashboards(
                        "llmd-latency",
                        "llm-d latency",
                        "Where the time of a request goes: queue, decision, gateway, first token, stream.",
                        Variable.MODEL)
                .row("Parts")
                .stacked(
                        "Parts at p50",
                        "Of all requests; parts of different requests do not add up exactly.",
                        "s",
                        parts("0.5"))
                .stacked("Parts at p99", "Runbook: docs/runbooks/queue-wait-high.md", "s", parts("0.99"))
                .series(
                        "Whole request",
                        "From the head to the last byte.",
                        "s",
                        quantiles("gateway_request_duration_seconds", "{model=~\"$model\"}"))
                .series(
                        "Time to first token",
                        "Runbook: docs/runbooks/ttft-slo.md",
                        "s",
                        quantiles("gateway_ttft_seconds", "{model=~\"$model\"}"))
                .row("By model")
                .series(
                        "TTFT p99 by model",
                        "",
                        "s",
                        of(
                                "histogram_quantile(0.99, sum by (le, model) (rate(gateway_ttft_seconds_bucket{model=~\"$model\"}"
                                        + RATE + ")))",
                                "{{model}}"))
                .series(
                        "Time per output token p99 by model",
                        "",
                        "s",
                        of(
                                "histogram_quantile(0.99, sum by (le, model) (rate(gateway_tpot_seconds_bucket{model=~\"$model\"}"
                                        + RATE + ")))",
                                "{{model}}"))
                .row("Distributions")
                .heatmap(
                        "Time to first token",
                        "s",
                        "sum by (le) (increase(gateway_ttft_seconds_bucket{model=~\"$model\"}" + RATE + "))")
                .heatmap(
                        "Prompt tokens",
                        "short",
                        "sum by (le) (increase(llm_d_epp_request_input_tokens_bucket{target_model_name=~\"$model\"}"
                                + RATE + "))")
                .heatmap(
                        "Generated tokens",
                        "short",
                        "sum by (le) (increase(llm_d_epp_request_output_tokens_bucket{target_model_name=~\"$model\"}"
                                + RATE + "))")
                .heatmap(
                        "Size of requests",
                        "bytes",
                        "sum by (le) (increase(llm_d_epp_request_size_bytes_bucket{target_model_name=~\"$model\"}"
                                + RATE + "))")
                .row("What we add")
                .series(
                        "Gateway p99",
                        "Time that the gateway itself adds.",
                        "s",
                        of(
                                "histogram_quantile(0.99, sum by (le, phase) (rate(gateway_added_latency_seconds_bucket"
                                        + RATE + ")))",
                                "{{phase}}"))
                .series(
                        "Decision",
                        "From the request to its decision, without waiting. Runbook: docs/runbooks/scheduler-slow.md",
                        "s",
                        quantiles("llm_d_epp_scheduler_e2e_duration_seconds", ""));
    }

    private static Query[] parts(String quantile) {
        return new Query[] {
            of(
                    quantile(quantile, "llm_d_epp_flow_control_request_queue_duration_seconds", "") + " or vector(0)",
                    "queue"),
            of(quantile(quantile, "llm_d_epp_scheduler_e2e_duration_seconds", ""), "decision"),
            of(
                    "histogram_quantile(" + quantile + ", sum by (le, phase) (rate(gateway_added_latency_seconds_bucket"
                            + RATE + ")))",
                    "gateway: {{phase}}"),
            of(quantile(quantile, "vllm:request_queue_time_seconds", ""), "engine: waiting"),
            of(quantile(quantile, "vllm:request_prefill_time_seconds", ""), "engine: prefill"),
            of(quantile(quantile, "vllm:request_decode_time_seconds", ""), "engine: decode")
        };
    }

    private static Dashboards flowControl() {
        String pool = "inference_pool=~\"$pool\"";
        String byPriority = "{" + pool + ",priority=~\"$priority\"}";
        return new Dashboards(
                        "llmd-flow-control",
                        "llm-d flow control",
                        "Which requests wait, for how long, and why.",
                        Variable.POOL,
                        Variable.PRIORITY)
                .row("Saturation")
                .series(
                        "Pool saturation",
                        "1 is full. Runbook: docs/runbooks/saturated-long.md",
                        "percentunit",
                        of("max by (stage) (llm_d_epp_flow_control_pool_saturation{" + pool + "})", "{{stage}}"))
                .series(
                        "Endpoints without recent metrics",
                        "Detectors count them as full. Runbook: docs/runbooks/stale-endpoints.md",
                        "short",
                        of("max by (detector) (llm_d_epp_flow_control_stale_endpoints)", "{{detector}}"))
                .row("Queue")
                .series(
                        "Queue depth",
                        "",
                        "short",
                        of(
                                "sum by (priority, fairness_id) (llm_d_epp_flow_control_queue_size" + byPriority + ")",
                                "P{{priority}} - {{fairness_id}}"))
                .series(
                        "Queue memory",
                        "",
                        "bytes",
                        of("sum by (priority) (llm_d_epp_flow_control_queue_bytes" + byPriority + ")", "P{{priority}}"))
                .series(
                        "Net queue flow",
                        "Above 0 more come than leave.",
                        "short",
                        of(
                                "sum(deriv(llm_d_epp_flow_control_queue_size" + byPriority + RATE + "))",
                                "requests per second"))
                .series(
                        "Capacity in use",
                        "Runbook: docs/runbooks/queue-almost-full.md",
                        "percentunit",
                        of(
                                "max by (priority) (llm_d_epp_flow_control_capacity_utilization_requests" + byPriority
                                        + ")",
                                "requests P{{priority}}"),
                        of(
                                "max by (priority) (llm_d_epp_flow_control_capacity_utilization_bytes" + byPriority
                                        + ")",
                                "bytes P{{priority}}"))
                .row("Requests")
                .stacked(
                        "Arrivals",
                        "",
                        "reqps",
                        of(
                                "sum by (priority) (rate(llm_d_epp_request_total{priority=~\"$priority\"}" + RATE
                                        + "))",
                                "P{{priority}}"))
                .stacked(
                        "Outcomes",
                        "Runbook: docs/runbooks/requests-dropped.md",
                        "reqps",
                        of(
                                "sum by (outcome) (rate(llm_d_epp_flow_control_requests_total" + byPriority + RATE
                                        + "))",
                                "{{outcome}}"))
                .series(
                        "Wait p50",
                        "",
                        "s",
                        of(
                                "histogram_quantile(0.5, sum by (le, priority) (rate(llm_d_epp_flow_control_request_queue_duration_seconds_bucket"
                                        + byPriority + RATE + ")))",
                                "P{{priority}}"))
                .series(
                        "Wait p99",
                        "Runbook: docs/runbooks/queue-wait-high.md",
                        "s",
                        of(
                                "histogram_quantile(0.99, sum by (le, priority) (rate(llm_d_epp_flow_control_request_queue_duration_seconds_bucket"
                                        + byPriority + RATE + ")))",
                                "P{{priority}}"),
                        of("max(scheduler_flow_ttl{" + pool + "})", "longest allowed"))
                .series(
                        "Shares of flows",
                        "",
                        "percentunit",
                        of(
                                "sum by (fairness_id) (rate(llm_d_epp_request_total" + RATE
                                        + ")) / on() group_left() sum(rate(llm_d_epp_request_total" + RATE + "))",
                                "{{fairness_id}}"))
                .series(
                        "Evictions",
                        "Running requests that were told to end for others, and whether they did. Runbook: docs/runbooks/revocations-timed-out.md",
                        "short",
                        of(
                                "sum by (priority) (increase(llm_d_epp_flow_control_revocations_issued_total{" + pool
                                        + "}" + RATE + ")) or vector(0)",
                                "issued for P{{priority}}"),
                        of(
                                "sum by (outcome) (increase(llm_d_epp_flow_control_revocations_total{" + pool + "}"
                                        + RATE + "))",
                                "{{outcome}}"))
                .row("Its own cost")
                .series(
                        "Own latency p99",
                        "Runbook: docs/runbooks/dispatch-cycle-slow.md",
                        "s",
                        of(
                                quantile("0.99", "llm_d_epp_flow_control_dispatch_cycle_duration_seconds", ""),
                                "dispatch cycle"),
                        of(quantile("0.99", "llm_d_epp_flow_control_request_enqueue_duration_seconds", ""), "enqueue"));
    }

    private static Dashboards picking() {
        String shares =
                "sum by (endpoint_name) (rate(llm_d_epp_scheduler_attempts_total{status=\"success\",target_model_name=~\"$model\"}"
                        + RATE + "))";
        return new Dashboards(
                        "llmd-picking",
                        "llm-d endpoints and picking",
                        "Where requests go, how busy endpoints are, and what decides it.",
                        Variable.MODEL,
                        Variable.POOL)
                .row("Requests")
                .stacked("Decisions per endpoint", "", "reqps", of(shares, "{{endpoint_name}}"))
                .series(
                        "Busiest by mean",
                        "1 is evenly; prefix routing makes it higher.",
                        "short",
                        of("max(" + shares + ") / avg(" + shares + ")", "most by mean"))
                .series(
                        "Attempts by result",
                        "Runbook: docs/runbooks/endpoint-ejected.md",
                        "reqps",
                        of(
                                "sum by (result, retried) (rate(gateway_attempts_total" + RATE + "))",
                                "{{result}}, retried {{retried}}"))
                .series(
                        "Rejections by reason",
                        "",
                        "reqps",
                        of("sum by (reason) (rate(scheduler_rejections_total" + RATE + ")) or vector(0)", "{{reason}}"))
                .row("Endpoints")
                .series("Running", "", "short", of("vllm:num_requests_running", "{{instance}}"))
                .series("Waiting", "", "short", of("vllm:num_requests_waiting", "{{instance}}"))
                .series("KV cache use", "", "percentunit", of("vllm:kv_cache_usage_perc", "{{instance}}"))
                .series(
                        "In flight by the scheduler's count",
                        "",
                        "short",
                        of("sum by (endpoint_name) (llm_d_epp_inflight_requests)", "{{endpoint_name}}"))
                .series(
                        "Drift of that count",
                        "Less what the endpoint reports. Runbook: docs/runbooks/inflight-drift.md",
                        "short",
                        of("scheduler_inflight_drift", "{{model_server_endpoint}}"))
                .series(
                        "Ejected",
                        "Runbook: docs/runbooks/half-ejected.md",
                        "short",
                        of("max by (endpoint) (gateway_endpoint_ejected) or vector(0)", "{{endpoint}}"))
                .row("Decisions")
                .series(
                        "Plugin time p99",
                        "Runbook: docs/runbooks/plugin-slow.md",
                        "s",
                        of(
                                "histogram_quantile(0.99, sum by (le, extension_point, plugin_type) (rate(llm_d_epp_plugin_duration_seconds_bucket"
                                        + RATE + ")))",
                                "{{extension_point}} {{plugin_type}}"))
                .series(
                        "Plugin faults",
                        "Calls that failed, took too long or did not happen.",
                        "short",
                        of(
                                "sum by (plugin, reason) (rate(scheduler_plugin_faults_total" + RATE
                                        + ")) or vector(0)",
                                "{{plugin}}: {{reason}}"))
                .series(
                        "Expected prefix hit",
                        "Mean share of the prompt that the chosen endpoint is expected to hold.",
                        "percentunit",
                        of(
                                "sum(rate(llm_d_epp_prefix_indexer_hit_ratio_sum" + RATE
                                        + ")) / sum(rate(llm_d_epp_prefix_indexer_hit_ratio_count" + RATE + "))",
                                "expected"))
                .stacked(
                        "Legs of disaggregated requests",
                        "",
                        "reqps",
                        of(
                                "sum by (decision_type) (rate(llm_d_epp_disagg_decision_total{model_name=~\"$model\"}"
                                        + RATE + ")) or vector(0)",
                                "{{decision_type}}"),
                        of(
                                "sum by (reason) (rate(gateway_disagg_fallbacks_total" + RATE + ")) or vector(0)",
                                "not split after all: {{reason}}"));
    }

    private static Dashboards kvIndex() {
        return new Dashboards(
                        "llmd-kv-index",
                        "llm-d KV index",
                        "What is known about the caches of engines, and whether it is true.")
                .row("Is it true?")
                .series(
                        "Confirmed by claimed tokens",
                        "1 is right always. Runbook: docs/runbooks/cache-claims-contradicted.md",
                        "percentunit",
                        of(
                                "sum(rate(scheduler_kv_confirmed_tokens_total" + RATE
                                        + ")) / sum(rate(scheduler_kv_claimed_tokens_total" + RATE + "))",
                                "all"),
                        of("scheduler_kv_confirmed_share", "{{model_server_endpoint}}"))
                .stacked(
                        "Engines by state",
                        "Runbook: docs/runbooks/kv-source-degraded.md",
                        "short",
                        of("sum by (state) (scheduler_kv_sources)", "{{state}}"))
                .series(
                        "Batches behind",
                        "Published and not applied.",
                        "short",
                        of("scheduler_kv_source_lag", "{{model_server_endpoint}}"))
                .series(
                        "Estimates instead of the index",
                        "Requests for which an estimate stood in.",
                        "reqps",
                        of(
                                "sum by (reason) (rate(scheduler_kv_fallbacks_total" + RATE + ")) or vector(0)",
                                "{{reason}}"))
                .row("In the scheduler")
                .series("Blocks", "", "short", of("scheduler_kv_index_blocks", "{{instance}}"))
                .series("Memory", "", "bytes", of("scheduler_kv_index_size", "{{instance}}"))
                .series(
                        "Look-ups",
                        "",
                        "short",
                        of(
                                "sum(rate(llm_d_epp_kv_cache_index_lookup_requests_total" + RATE + "))",
                                "prompts per second"),
                        of(
                                "sum(rate(llm_d_epp_kv_cache_index_lookup_hits_total" + RATE + "))",
                                "blocks found per second"))
                .series(
                        "Evictions",
                        "Blocks forgotten because the memory was used up.",
                        "short",
                        of("sum(rate(llm_d_epp_kv_cache_index_evictions_total" + RATE + "))", "scheduler"))
                .row("The service")
                .series(
                        "Blocks held",
                        "",
                        "short",
                        of("kvindex_blocks", "distinct"),
                        of("kvindex_memberships", "by endpoint"))
                .series(
                        "Memory of the service",
                        "",
                        "bytes",
                        of("kvindex_memory_bytes", "used"),
                        of("kvindex_memory_max_bytes", "allowed"))
                .series(
                        "Events per second",
                        "",
                        "short",
                        of("sum(rate(kv_cache_index_admissions_total" + RATE + "))", "blocks stored"),
                        of("sum(rate(kv_cache_index_evictions_total" + RATE + "))", "blocks removed"),
                        of(
                                "sum by (reason) (rate(kvindex_event_drops_total" + RATE + ")) or vector(0)",
                                "dropped: {{reason}}"))
                .series(
                        "What happened to streams",
                        "Gaps, replays, restarts.",
                        "short",
                        of(
                                "sum by (event) (increase(kvindex_source_events_total" + RATE + ")) or vector(0)",
                                "{{event}}"))
                .series(
                        "Look-up p99",
                        "",
                        "s",
                        of(quantile("0.99", "kv_cache_index_lookup_latency_seconds", ""), "p99"))
                .series(
                        "Lag over Kafka",
                        "Most of the last minutes. Runbook: docs/runbooks/kafka-lag.md",
                        "s",
                        of("max(kvindex_event_lag_seconds_max) or vector(0)", "service"),
                        of("max(scheduler_kv_log_lag_seconds_max) or vector(0)", "scheduler"));
    }

    private static Dashboards autoscaler() {
        return new Dashboards("llmd-autoscaler", "llm-d autoscaler", "How many replicas of which variant, and why.")
                .row("Replicas")
                .series(
                        "Wanted and ready",
                        "Runbook: docs/runbooks/scale-mismatch.md",
                        "short",
                        of("autoscaler_replicas_desired", "{{variant}} wanted"),
                        of("sum by (variant) (autoscaler_replicas_current{state=\"ready\"})", "{{variant}} ready"))
                .stacked(
                        "Replicas by state",
                        "",
                        "short",
                        of("sum by (state) (autoscaler_replicas_current)", "{{state}}"))
                .series("Cost of an hour", "In the units of the variants.", "short", of("autoscaler_cost", "{{model}}"))
                .row("Signals")
                .series(
                        "Load by capacity",
                        "Of the wanted replicas; 1 is all that they may carry.",
                        "percentunit",
                        of("autoscaler_load_utilization", "{{variant}}: {{dimension}}"))
                .series(
                        "Demand",
                        "Requests a second by class.",
                        "reqps",
                        of("autoscaler_demand_requests", "{{class}} {{kind}}"))
                .series(
                        "Waiting and unmet",
                        "",
                        "short",
                        of("sum by (tier) (autoscaler_backlog_requests)", "{{tier}} waiting"),
                        of("sum by (tier) (autoscaler_unmet_requests)", "{{tier}} unmet per second"))
                .series(
                        "Requests that kept their targets",
                        "Of the last five minutes.",
                        "percentunit",
                        of("autoscaler_slo_attainment", "{{model}} {{tier}}"))
                .series(
                        "Expected first token",
                        "That 95 % may expect.",
                        "s",
                        of("autoscaler_predicted_time_to_first_token", "{{variant}}"))
                .row("Decisions")
                .series(
                        "Steps",
                        "Runbook: docs/runbooks/autoscaler-flapping.md",
                        "short",
                        of(
                                "sum by (direction) (increase(autoscaler_decision_total" + RATE + ")) or vector(0)",
                                "{{direction}}"))
                .series(
                        "Guards",
                        "",
                        "short",
                        of("sum by (reason) (increase(autoscaler_guard_total" + RATE + ")) or vector(0)", "{{reason}}"))
                .series(
                        "Grade of inputs",
                        "2 all is known, 1 a part, 0 nothing. Runbook: docs/runbooks/autoscaler-hold.md",
                        "short",
                        of("autoscaler_input_grade", "{{model}}"))
                .series("Time from asking to ready", "", "s", of("autoscaler_cold_start", "{{variant}} p{{quantile}}"))
                .series("Error of predicted steps", "", "percentunit", of("autoscaler_fit_error", "{{variant}}"))
                .series("Leader", "", "short", of("sum(autoscaler_leader)", "processes that decide"));
    }

    private static Dashboards runtime() {
        String service = "{job=~\"$service\"}";
        String named = "{{job}} {{instance}}";
        return new Dashboards(
                        "llmd-runtime",
                        "llm-d runtime",
                        "Processes: CPU, memory, collections, connections, logs.",
                        Variable.SERVICE)
                .row("CPU and memory")
                .series("CPU", "Share of the machine.", "percentunit", of("process_cpu_usage" + service, named))
                .series(
                        "Heap in use",
                        "",
                        "bytes",
                        of("sum by (job, instance) (jvm_memory_used_bytes{job=~\"$service\",area=\"heap\"})", named))
                .series(
                        "Heap after collections",
                        "Runbook: docs/runbooks/memory-high.md",
                        "percentunit",
                        of("jvm_memory_usage_after_gc{job=~\"$service\",area=\"heap\"}", named))
                .series(
                        "Buffers outside the heap",
                        "Runbook: docs/runbooks/direct-memory-growing.md",
                        "bytes",
                        of("sum by (job, instance) (jvm_buffer_memory_used_bytes" + service + ")", named),
                        of(
                                "sum by (job, instance) (netty_allocator_memory_used{job=~\"$service\",memory_type=\"direct\"})",
                                named + " Netty"))
                .series(
                        "Share of time in collections",
                        "",
                        "percentunit",
                        of(
                                "sum by (job, instance) (rate(jvm_gc_pause_seconds_sum{job=~\"$service\"}" + RATE
                                        + ")) or vector(0)",
                                named))
                .series(
                        "Longest collection",
                        "Of the last minutes.",
                        "s",
                        of("max by (job, instance) (jvm_gc_pause_seconds_max" + service + ") or vector(0)", named))
                .row("Connections and files")
                .series("Connections of clients", "", "short", of("gateway_open_connections{job=~\"$service\"}", named))
                .series("Bodies in memory", "", "bytes", of("gateway_held_body_bytes{job=~\"$service\"}", named))
                .series(
                        "Files and sockets by what is allowed",
                        "",
                        "percentunit",
                        of("process_files_open_files" + service + " / process_files_max_files" + service, named))
                .series("Threads", "", "short", of("jvm_threads_live_threads" + service, named))
                .row("What else")
                .series(
                        "Log lines",
                        "Warnings and errors per second.",
                        "short",
                        of(
                                "sum by (job, level) (rate(logback_events_total{job=~\"$service\",level=~\"warn|error\"}"
                                        + RATE + "))",
                                "{{job}} {{level}}"))
                .series(
                        "Lost on the way",
                        "Outcomes and traces. Runbooks: docs/runbooks/lost-outcomes.md and docs/runbooks/telemetry-dropped.md",
                        "short",
                        of("sum(rate(gateway_reports_dropped_total" + RATE + "))", "outcome reports"),
                        of("sum(rate(scheduler_leases_reaped_total" + RATE + "))", "attempts without an end"),
                        of("sum(rate(scheduler_traces_dropped_total" + RATE + ")) or vector(0)", "traces of decisions"))
                .series(
                        "Configuration and discovery",
                        "Runbooks: docs/runbooks/config-stale.md and docs/runbooks/discovery-stale.md",
                        "short",
                        of(
                                "sum by (outcome) (increase(scheduler_config_reloads_total" + RATE + ")) or vector(0)",
                                "configuration {{outcome}}"),
                        of("sum(scheduler_discovery_failing)", "discovery failing"))
                .series("Time since start", "", "s", of("process_uptime_seconds" + service, named));
    }

    private static Dashboards tenants() {
        String tenant = "{tenant=~\"$tenant\"}";
        return new Dashboards(
                        "llmd-tenants",
                        "llm-d tenants",
                        "Who uses how much. Tenants come from the key file; without one there is nothing here but flows.",
                        Variable.TENANT)
                .row("Tokens")
                .stacked(
                        "Tokens per second",
                        "Prompt and generated.",
                        "short",
                        of("sum by (tenant) (rate(gateway_tenant_tokens_total" + tenant + RATE + "))", "{{tenant}}"))
                .series(
                        "Budget left",
                        "",
                        "percentunit",
                        of("min by (tenant) (gateway_tenant_budget_remaining_ratio" + tenant + ")", "{{tenant}}"))
                .row("Flows")
                .stacked(
                        "Requests per second",
                        "By fairness id, which is the tenant unless said otherwise.",
                        "reqps",
                        of(
                                "sum by (fairness_id) (rate(llm_d_epp_request_total{fairness_id=~\"$tenant\"}" + RATE
                                        + "))",
                                "{{fairness_id}}"))
                .series(
                        "TTFT p99",
                        "",
                        "s",
                        of(
                                "histogram_quantile(0.99, sum by (le, fairness_id) (rate(llm_d_epp_request_ttft_seconds_bucket{fairness_id=~\"$tenant\"}"
                                        + RATE + ")))",
                                "{{fairness_id}}"))
                .series(
                        "Running",
                        "",
                        "short",
                        of(
                                "sum by (fairness_id) (llm_d_epp_request_running{fairness_id=~\"$tenant\"})",
                                "{{fairness_id}}"))
                .series(
                        "Errors per second",
                        "",
                        "reqps",
                        of(
                                "sum by (fairness_id, error_code) (rate(llm_d_epp_request_error_total{fairness_id=~\"$tenant\"}"
                                        + RATE + ")) or vector(0)",
                                "{{fairness_id}}: {{error_code}}"))
                .row("Limits")
                .series(
                        "Over a limit",
                        "",
                        "reqps",
                        of("sum by (limit) (rate(gateway_over_limit_total" + RATE + ")) or vector(0)", "{{limit}}"))
                .series(
                        "Without a valid key",
                        "Runbook: docs/runbooks/auth-failures.md",
                        "reqps",
                        of(
                                "sum by (reason) (rate(gateway_auth_failures_total" + RATE + ")) or vector(0)",
                                "{{reason}}"))
                .series(
                        "Headers that clients must not set",
                        "Runbook: docs/runbooks/spoofed-headers.md",
                        "reqps",
                        of(
                                "sum by (header) (rate(gateway_spoofed_headers_total" + RATE + ")) or vector(0)",
                                "{{header}}"));
    }

    private static Dashboards servers() {
        String at = "{instance=~\"$endpoint\"}";
        return new Dashboards(
                        "llmd-model-servers",
                        "llm-d model servers",
                        "Engines by their own metrics, those of vLLM.",
                        Variable.ENDPOINT)
                .row("Load")
                .series("Running requests", "", "short", of("vllm:num_requests_running" + at, "{{instance}}"))
                .series(
                        "Waiting requests",
                        "Runbook: docs/runbooks/serving-stalled.md",
                        "short",
                        of("vllm:num_requests_waiting" + at, "{{instance}}"))
                .series("KV cache use", "", "percentunit", of("vllm:kv_cache_usage_perc" + at, "{{instance}}"))
                .series(
                        "Preemptions",
                        "Sequences per second that lost their blocks.",
                        "short",
                        of("sum by (instance) (rate(vllm:num_preemptions_total" + at + RATE + "))", "{{instance}}"))
                .series(
                        "Prefix cache hit",
                        "",
                        "percentunit",
                        of(
                                "sum by (instance) (rate(vllm:prefix_cache_hits_total" + at + RATE
                                        + ")) / sum by (instance) (rate(vllm:prefix_cache_queries_total" + at + RATE
                                        + "))",
                                "{{instance}}"))
                .series(
                        "Tokens per second",
                        "",
                        "short",
                        of("sum(rate(vllm:prompt_tokens_total" + at + RATE + "))", "prompt"),
                        of("sum(rate(vllm:generation_tokens_total" + at + RATE + "))", "generated"))
                .row("Latency")
                .series("Time to first token p99", "", "s", perEndpoint("vllm:time_to_first_token_seconds"))
                .series("Inter-token latency p99", "", "s", perEndpoint("vllm:inter_token_latency_seconds"))
                .series("Time in the queue p99", "", "s", perEndpoint("vllm:request_queue_time_seconds"))
                .series("Whole request p99", "", "s", perEndpoint("vllm:e2e_request_latency_seconds"))
                .row("Adapters and transfers")
                .series(
                        "LoRA adapters",
                        "Adapters that run or wait, in the labels.",
                        "short",
                        of("vllm:lora_requests_info or vector(0)", "{{running_lora_adapters}}"))
                .series(
                        "KV read from others",
                        "Bytes per second.",
                        "bytes",
                        of(
                                "sum by (instance) (rate(vllm:nixl_bytes_transferred_sum" + at + RATE
                                        + ")) or vector(0)",
                                "{{instance}}"));
    }

    private static Query perEndpoint(String histogram) {
        return of(
                "histogram_quantile(0.99, sum by (le, instance) (rate(" + histogram + "_bucket{instance=~\"$endpoint\"}"
                        + RATE + ")))",
                "{{instance}}");
    }

    private static String sum(String counter) {
        return "sum(rate(" + counter + RATE + "))";
    }

    private static String ttft(String quantile) {
        return quantile(quantile, "gateway_ttft_seconds", "{model=~\"$model\"}");
    }

    private static String quantile(String quantile, String histogram, String labels) {
        return "histogram_quantile(" + quantile + ", sum by (le) (rate(" + histogram + "_bucket" + labels + RATE
                + ")))";
    }

    private static Query[] quantiles(String histogram, String labels) {
        return new Query[] {
            of(quantile("0.5", histogram, labels), "p50"),
            of(quantile("0.9", histogram, labels), "p90"),
            of(quantile("0.99", histogram, labels), "p99")
        };
    }

    private static Query of(String expression, String legend) {
        return new Query(expression, legend);
    }

    private Dashboards row(String title) {
        newLine();
        Map<String, Object> row = panel("row", title, "", WIDTH, 1);
        row.put("collapsed", false);
        row.put("panels", List.of());
        newLine();
        return this;
    }

    private Dashboards stat(String title, String description, String unit, String expression) {
        Map<String, Object> stat = withData("stat", title, description, 4, 4, unit, Map.of(), of(expression, title));
        stat.put(
                "options",
                map("reduceOptions", map("calcs", List.of("lastNotNull")), "colorMode", "none", "graphMode", "area"));
        return this;
    }

    private Dashboards series(String title, String description, String unit, Query... queries) {
        return lines(title, description, unit, map("fillOpacity", 8), queries);
    }

    private Dashboards stacked(String title, String description, String unit, Query... queries) {
        return lines(title, description, unit, map("fillOpacity", 30, "stacking", map("mode", "normal")), queries);
    }

    private Dashboards lines(
            String title, String description, String unit, Map<String, Object> custom, Query... queries) {
        Map<String, Object> lines = withData("timeseries", title, description, 12, 8, unit, custom, queries);
        lines.put(
                "options",
                map(
                        "legend", map("displayMode", "list", "placement", "bottom"),
                        "tooltip", map("mode", "multi", "sort", "desc")));
        return this;
    }

    private Dashboards heatmap(String title, String unit, String expression) {
        Map<String, Object> heatmap = withData("heatmap", title, "", 12, 8, unit, Map.of(), of(expression, "{{le}}"));
        heatmap.put("options", map("calculate", false, "yAxis", map("unit", unit), "color", map("scheme", "Blues")));
        @SuppressWarnings("unchecked")
        List<Map<String, Object>> targets = (List<Map<String, Object>>) heatmap.get("targets");
        targets.getFirst().put("format", "heatmap");
        return this;
    }

    private Map<String, Object> withData(
            String type,
            String title,
            String description,
            int width,
            int height,
            String unit,
            Map<String, Object> custom,
            Query... queries) {
        Map<String, Object> panel = panel(type, title, description, width, height);
        panel.put("datasource", SOURCE);
        List<Map<String, Object>> targets = new ArrayList<>();
        for (int i = 0; i < queries.length; i++) {
            targets.add(map(
                    "refId",
                    String.valueOf((char) ('A' + i)),
                    "expr",
                    queries[i].expression(),
                    "legendFormat",
                    queries[i].legend(),
                    "datasource",
                    SOURCE));
        }
        panel.put("targets", targets);
        Map<String, Object> defaults = map("unit", unit, "min", 0);
        if (!custom.isEmpty()) {
            defaults.put("custom", custom);
        }
        if (title.equals("Net queue flow") || title.startsWith("Drift")) {
            defaults.remove("min");
        }
        panel.put("fieldConfig", map("defaults", defaults, "overrides", List.of()));
        return panel;
    }

    private Map<String, Object> panel(String type, String title, String description, int width, int height) {
        if (x + width > WIDTH) {
            newLine();
        }
        Map<String, Object> panel = map("id", panels.size() + 1, "type", type, "title", title);
        if (!description.isEmpty()) {
            panel.put("description", description);
        }
        panel.put("gridPos", map("x", x, "y", y, "w", width, "h", height));
        panels.add(panel);
        x += width;
        rowHeight = Math.max(rowHeight, height);
        return panel;
    }

    private void newLine() {
        y += rowHeight;
        x = 0;
        rowHeight = 0;
    }

    private Map<String, Object> json() {
        List<Object> list = new ArrayList<>();
        list.add(map(
                "name", "datasource",
                "label", "Data source",
                "type", "datasource",
                "query", "prometheus",
                "current", map("text", "Prometheus", "value", "prometheus")));
        variables.forEach(variable -> list.add(choice(variable)));
        list.add(map(
                "name", "console",
                "label", "Console",
                "type", "textbox",
                "hide", 2,
                "query", "http://localhost:8080/console",
                "current", map("text", "http://localhost:8080/console", "value", "http://localhost:8080/console")));
        return map(
                "uid",
                uid,
                "title",
                title,
                "description",
                description,
                "tags",
                List.of("llm-d"),
                "schemaVersion",
                41,
                "version",
                1,
                "editable",
                false,
                "timezone",
                "browser",
                "refresh",
                "10s",
                "time",
                map("from", "now-30m", "to", "now"),
                "links",
                List.of(
                        map(
                                "type",
                                "dashboards",
                                "title",
                                "Dashboards",
                                "tags",
                                List.of("llm-d"),
                                "asDropdown",
                                true,
                                "includeVars",
                                true,
                                "keepTime",
                                true),
                        map("type", "link", "title", "Console", "url", "${console}", "targetBlank", true)),
                "templating",
                map("list", list),
                "annotations",
                map("list", List.of()),
                "panels",
                panels);
    }

    private static Map<String, Object> choice(Variable variable) {
        String name = variable.name().toLowerCase(java.util.Locale.ROOT);
        return map(
                "name",
                name,
                "label",
                variable.label,
                "type",
                "query",
                "datasource",
                SOURCE,
                "query",
                map("query", variable.query, "refId", name),
                "definition",
                variable.query,
                "includeAll",
                true,
                "allValue",
                ".*",
                "multi",
                true,
                "refresh",
                2,
                "current",
                map("text", "All", "value", "$__all"));
    }

    private static Map<String, Object> map(Object... namesAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.put(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
        }
        return map;
    }

    /** Writes JSON; there is no library where this is run as one file. */
    private static final class Json {

        static String write(Object value) {
            return write(value, "");
        }

        private static String write(Object value, String indent) {
            String inner = indent + "  ";
            return switch (value) {
                case Map<?, ?> map when map.isEmpty() -> "{}";
                case List<?> list when list.isEmpty() -> "[]";
                case Map<?, ?> map ->
                    map.entrySet().stream()
                            .map(entry -> inner + quote(String.valueOf(entry.getKey())) + ": "
                                    + write(entry.getValue(), inner))
                            .collect(Collectors.joining(",\n", "{\n", "\n" + indent + "}"));
                case List<?> list ->
                    list.stream()
                            .map(each -> inner + write(each, inner))
                            .collect(Collectors.joining(",\n", "[\n", "\n" + indent + "]"));
                case String text -> quote(text);
                default -> String.valueOf(value);
            };
        }

        private static String quote(String text) {
            return Arrays.stream(text.split("", -1))
                    .map(each -> each.equals("\"") || each.equals("\\") ? "\\" + each : each)
                    .collect(Collectors.joining("", "\"", "\""));
        }
    }
}
