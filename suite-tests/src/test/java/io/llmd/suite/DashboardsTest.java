package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class DashboardsTest {

    private static final DeploymentFiles FILES = DeploymentFiles.find();
    private static final Pattern RUNBOOK = Pattern.compile("docs/runbooks/[a-z-]+\\.md");
    private static final Pattern VARIABLE = Pattern.compile("\\$([a-z]+)");
    private static final Pattern LEGEND = Pattern.compile("\\{\\{([a-z_]+)}}");

    /** What Prometheus adds, and what histograms have. */
    private static final Set<String> EVERYWHERE = Set.of("job", "instance", "le");

    private final Map<String, Set<String>> labels = labels();

    private static Map<String, Set<String>> labels() {
        String page = FILES.text("docs/metrics.md");
        Map<String, Set<String>> labels = new TreeMap<>(DocumentedMeters.labels(page));
        DocumentedMeters.ofLibraries(page)
                .forEach(name -> labels.put(name, Set.of("area", "id", "level", "memory_type")));
        DocumentedMeters.ofEndpoints(FILES.text("docs/simulator.md"))
                .forEach(name -> labels.put(name, Set.of("model_name", "engine")));
        labels.put("vllm:lora_requests_info", Set.of("running_lora_adapters"));
        labels.put("vllm:nixl_bytes_transferred", Set.of());
        labels.put("up", Set.of());
        return labels;
    }

    @Test
    void filesAreThoseThatAreMade() throws IOException {
        Map<String, String> made = Dashboards.all();
        assertThat(FILES.dashboards().keySet()).containsExactlyInAnyOrderElementsOf(made.keySet());
        made.forEach((name, text) -> {
            for (String folder : List.of("ops/grafana/dashboards/", "k8s/helm/llmd/files/dashboards/")) {
                assertThat(FILES.text(folder + name))
                        .as("written by java suite-tests/src/test/java/io/llmd/suite/Dashboards.java")
                        .isEqualTo(text);
            }
        });
    }

    @Test
    void everyQuestionHasADashboard() {
        assertThat(FILES.dashboards().keySet())
                .containsExactlyInAnyOrder(
                        "llmd-overview.json",
                        "llmd-latency.json",
                        "llmd-flow-control.json",
                        "llmd-picking.json",
                        "llmd-kv-index.json",
                        "llmd-autoscaler.json",
                        "llmd-runtime.json",
                        "llmd-tenants.json",
                        "llmd-model-servers.json");
    }

    @Test
    void queriesNameMetricsAndLabelsThatAreExported() {
        FILES.dashboards()
                .forEach((name, dashboard) -> expressions(dashboard).forEach(expression -> check(name, expression)));
        FILES.alertRules().forEach(rule -> check("alerts.yml", String.valueOf(rule.get("expr"))));
    }

    private void check(String file, String expression) {
        Set<String> metrics = MetricNames.of(expression);
        assertThat(labels.keySet()).as("%s: %s", file, expression).containsAll(metrics);
        QuerySelectors.matched(expression)
                .forEach((metric, matched) -> assertThat(allowed(Set.of(metric)))
                        .as("%s: labels of %s in %s", file, metric, expression)
                        .containsAll(matched));
        assertThat(allowed(metrics))
                .as("%s: labels to group by in %s", file, expression)
                .containsAll(QuerySelectors.grouped(expression));
    }

    private Set<String> allowed(Set<String> metrics) {
        Set<String> allowed = new TreeSet<>(EVERYWHERE);
        metrics.forEach(metric -> allowed.addAll(labels.getOrDefault(metric, Set.of())));
        if (metrics.contains("ssl_chain_expiry_seconds")) {
            allowed.add("bundle");
        }
        return allowed;
    }

    @Test
    void aWrongLabelIsFound() {
        assertThat(allowed(Set.of("gateway_requests_total")))
                .contains("model", "code")
                .doesNotContain("model_name");
        assertThat(QuerySelectors.matched("rate(a_total{x=\"1\",y=~\"b{2}\"}[5m]) / c{z!=\"\"}"))
                .containsEntry("a_total", Set.of("x", "y"))
                .containsEntry("c", Set.of("z"));
        assertThat(QuerySelectors.grouped("sum by (le, model) (x) / on() group_left() y"))
                .containsExactly("le", "model");
    }

    @Test
    void legendsNameLabelsThatResultsHave() {
        FILES.dashboards()
                .forEach((name, dashboard) -> targets(dashboard).forEach(target -> {
                    String expression = target.get("expr").asString();
                    Set<String> named = LEGEND.matcher(
                                    target.get("legendFormat").asString())
                            .results()
                            .map(found -> found.group(1))
                            .collect(Collectors.toCollection(TreeSet::new));
                    assertThat(allowed(MetricNames.of(expression)))
                            .as("%s: legend of %s", name, expression)
                            .containsAll(named);
                }));
    }

    @Test
    void variablesAreDefinedAndRunbooksExist() {
        FILES.dashboards().forEach((name, dashboard) -> {
            Set<String> defined = dashboard
                    .at("/templating/list")
                    .valueStream()
                    .map(variable -> variable.get("name").asString())
                    .collect(Collectors.toSet());
            assertThat(defined).as(name).contains("datasource", "console");
            expressions(dashboard)
                    .forEach(expression -> VARIABLE.matcher(expression)
                            .results()
                            .map(found -> found.group(1))
                            .forEach(used -> assertThat(defined)
                                    .as("%s: %s", name, expression)
                                    .contains(used)));
            dashboard
                    .get("panels")
                    .valueStream()
                    .flatMap(panel -> RUNBOOK.matcher(panel.path("description").asString(""))
                            .results())
                    .forEach(runbook -> assertThat(FILES.path(runbook.group())).exists());
        });
    }

    @Test
    void panelsDoNotOverlap() {
        FILES.dashboards().forEach((name, dashboard) -> {
            boolean[][] taken = new boolean[400][24];
            dashboard.get("panels").valueStream().forEach(panel -> {
                JsonNode at = panel.get("gridPos");
                for (int y = at.get("y").asInt();
                        y < at.get("y").asInt() + at.get("h").asInt();
                        y++) {
                    for (int x = at.get("x").asInt();
                            x < at.get("x").asInt() + at.get("w").asInt();
                            x++) {
                        assertThat(taken[y][x])
                                .as("%s: %s", name, panel.get("title"))
                                .isFalse();
                        taken[y][x] = true;
                    }
                }
            });
        });
    }

    /** The names that dashboards of llm-d (versions 0.7 and 0.8 of its documentation, and its router's own) ask schedulers for. */
    @Test
    void whatDashboardsOfLlmdAskForIsExported() {
        assertThat(labels.keySet())
                .contains(
                        "llm_d_epp_average_kv_cache_utilization",
                        "llm_d_epp_average_queue_size",
                        "llm_d_epp_per_endpoint_queue_size",
                        "llm_d_epp_ready_endpoints",
                        "llm_d_epp_request_duration_seconds",
                        "llm_d_epp_request_total",
                        "llm_d_epp_request_error_total",
                        "llm_d_epp_request_size_bytes",
                        "llm_d_epp_request_input_tokens",
                        "llm_d_epp_request_output_tokens",
                        "llm_d_epp_request_ttft_seconds",
                        "llm_d_epp_request_ntpot_seconds",
                        "llm_d_epp_request_streaming_tpot_seconds",
                        "llm_d_epp_request_running",
                        "llm_d_epp_scheduler_e2e_duration_seconds",
                        "llm_d_epp_scheduler_attempts_total",
                        "llm_d_epp_plugin_duration_seconds",
                        "llm_d_epp_prefix_indexer_hit_ratio",
                        "llm_d_epp_prefix_indexer_hit_bytes",
                        "llm_d_epp_prefix_indexer_size",
                        "llm_d_epp_disagg_decision_total",
                        "llm_d_epp_pd_decision_total",
                        "llm_d_epp_flow_control_pool_saturation",
                        "llm_d_epp_flow_control_queue_size",
                        "llm_d_epp_flow_control_queue_bytes",
                        "llm_d_epp_flow_control_request_queue_duration_seconds",
                        "llm_d_epp_flow_control_request_enqueue_duration_seconds",
                        "llm_d_epp_flow_control_dispatch_cycle_duration_seconds",
                        "vllm:num_requests_running",
                        "vllm:num_requests_waiting",
                        "vllm:kv_cache_usage_perc",
                        "vllm:prompt_tokens_total",
                        "vllm:generation_tokens_total",
                        "vllm:num_preemptions_total",
                        "vllm:prefix_cache_hits_total",
                        "vllm:prefix_cache_queries_total",
                        "vllm:time_to_first_token_seconds",
                        "vllm:request_time_per_output_token_seconds",
                        "vllm:inter_token_latency_seconds",
                        "vllm:e2e_request_latency_seconds",
                        "vllm:request_queue_time_seconds",
                        "vllm:request_prefill_time_seconds",
                        "vllm:request_decode_time_seconds",
                        "vllm:request_prompt_tokens",
                        "vllm:request_generation_tokens",
                        "vllm:request_success_total");
        assertThat(labels.get("llm_d_epp_request_total")).contains("model_name", "target_model_name");
        assertThat(labels.get("llm_d_epp_per_endpoint_queue_size")).contains("name", "model_server_endpoint");
        assertThat(labels.get("llm_d_epp_plugin_duration_seconds"))
                .contains("plugin_type", "plugin_name", "extension_point");
        assertThat(labels.get("llm_d_epp_flow_control_queue_size"))
                .contains("fairness_id", "priority", "inference_pool");
    }

    static List<String> expressions(JsonNode dashboard) {
        return targets(dashboard).map(target -> target.get("expr").asString()).toList();
    }

    private static Stream<JsonNode> targets(JsonNode dashboard) {
        return dashboard
                .get("panels")
                .valueStream()
                .flatMap(panel -> panel.path("targets").valueStream());
    }
}
