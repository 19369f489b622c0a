package io.llmd.scheduler.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.SchedulerApplication;
import io.llmd.scheduler.flowcontrol.Admission;
import io.llmd.scheduler.flowcontrol.FlowRequest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.json.JsonMapper;

/** Names, labels and buckets as a scrape of the management port shows them. */
class MetersIT {

    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final Set<String> REQUEST_LABELS =
            Set.of("model_name", "target_model_name", "fairness_id", "priority");

    private static ConfigurableApplicationContext context;
    private static String base;
    private static String page;

    @BeforeAll
    static void decideOnce() throws Exception {
        context = SchedulerApplication.application()
                .run(
                        "--server.port=0",
                        "--management.server.port=0",
                        "--spring.cloud.config.enabled=false",
                        "--spring.config.import=",
                        "--scheduler.discovery.endpoints[0].name=one",
                        "--scheduler.discovery.endpoints[0].address=192.0.2.1",
                        "--scheduler.discovery.endpoints[0].port=8000",
                        "--scheduler.metrics.timeout=100ms",
                        "--scheduler.meters.deprecated-names=true");
        base = "http://localhost:" + context.getEnvironment().getProperty("local.server.port");
        String decision =
                send("/v1/schedule", "{\"model\":\"m\",\"stream\":true,\"prompt\":\"" + "x".repeat(800) + "\"}");
        String lease = JsonMapper.shared().readTree(decision).get("leaseId").toString();
        send(
                "/v1/outcomes",
                "{\"reports\":[{\"requestId\":\"r\",\"leaseId\":" + lease
                        + ",\"endpointId\":\"default/one\",\"phase\":\"ENDED\",\"cause\":\"NATURAL\",\"status\":200,"
                        + "\"usage\":{\"promptTokens\":200,\"completionTokens\":11,\"cachedTokens\":64},"
                        + "\"timeToFirstTokenMicros\":200000,\"durationMicros\":1200000}]}");
        queueOne();
        String management = "http://localhost:" + context.getEnvironment().getProperty("local.management.port");
        page = CLIENT.send(
                        HttpRequest.newBuilder(URI.create(management + "/actuator/prometheus"))
                                .build(),
                        BodyHandlers.ofString())
                .body();
    }

    private static void queueOne() {
        FlowMeters flow = context.getBean(FlowMeters.class);
        FlowRequest request = new FlowRequest("r", "team", 5, 100, 10, 0, null, null, "m", "m");
        flow.entered(request);
        flow.enqueued(request, null, 1_000);
        flow.left(request, new Admission.Dispatched(Duration.ofMillis(3)), 5, 3_000_000);
        flow.entered(request);
        flow.cycled(1_000);
        flow.saturation(Double.NaN, 0.25, 0.5);
        flow.staleEndpoints("utilization-detector", 2);
        flow.requestTtl(Duration.ofSeconds(30));
        flow.bandUsage(5, 0.1, 0.2);
        flow.totalUsage(0.3, Double.NaN);
        flow.revocationIssued(5);
        flow.revocationEnded(true, 7_000_000);
        flow.reclaiming(0.1, 0.05);
    }

    @AfterAll
    static void stop() {
        context.close();
    }

    @Test
    void requestsHaveTheNamesLabelsAndBucketsOfTheCatalogue() {
        assertCounter("llm_d_epp_request_total", REQUEST_LABELS, 1);
        assertHistogram("llm_d_epp_request_duration_seconds", REQUEST_LABELS, Buckets.LATENCY);
        assertHistogram("llm_d_epp_request_size_bytes", REQUEST_LABELS, Buckets.REQUEST_BYTES);
        assertHistogram("llm_d_epp_request_input_tokens", REQUEST_LABELS, Buckets.TOKENS);
        assertHistogram("llm_d_epp_request_output_tokens", REQUEST_LABELS, Buckets.OUTPUT_TOKENS);
        assertHistogram("llm_d_epp_request_cached_tokens", REQUEST_LABELS, Buckets.TOKENS);
        assertHistogram("llm_d_epp_request_ntpot_seconds", REQUEST_LABELS, Buckets.NORMALISED);
        assertHistogram("llm_d_epp_request_streaming_tpot_seconds", REQUEST_LABELS, Buckets.PER_TOKEN);
        assertThat(labels("llm_d_epp_request_ttft_seconds_count"))
                .containsExactlyInAnyOrder("fairness_id", "model_name", "priority", "streaming", "target_model_name");
        assertThat(bounds("llm_d_epp_request_ttft_seconds"))
                .containsExactlyElementsOf(list(Buckets.TIME_TO_FIRST_TOKEN));
        assertThat(page).contains("llm_d_epp_request_running{");
    }

    @Test
    void timePerTokenAfterTheFirstIsMeasuredFromTheReport() {
        assertThat(value("llm_d_epp_request_streaming_tpot_seconds_sum")).isEqualTo(0.1);
        assertThat(value("llm_d_epp_request_input_tokens_sum")).isEqualTo(200);
    }

    @Test
    void pluginsAndDecisionsHaveTheirs() {
        assertHistogram(
                "llm_d_epp_plugin_duration_seconds",
                Set.of("extension_point", "plugin_type", "plugin_name"),
                Buckets.FAST);
        assertThat(page)
                .contains("extension_point=\"Scorer\",plugin_name=\"queue-scorer\",plugin_type=\"queue-scorer\"")
                .contains("extension_point=\"ProfilePicker\"")
                .contains("extension_point=\"PreRequest\"");
        assertHistogram("llm_d_epp_scheduler_e2e_duration_seconds", Set.of(), Buckets.FAST);
        assertHistogram("llm_d_epp_prefix_indexer_hit_ratio", Set.of("plugin_name", "plugin_type"), Buckets.RATIO);
        assertHistogram("llm_d_epp_prefix_indexer_hit_bytes", Set.of("plugin_name", "plugin_type"), Buckets.HIT_BYTES);
    }

    @Test
    void flowControlHasIts() {
        Set<String> queue = new TreeSet<>(REQUEST_LABELS);
        queue.add("inference_pool");
        assertThat(labels("llm_d_epp_flow_control_queue_size")).isEqualTo(queue);
        assertThat(value("llm_d_epp_flow_control_queue_size")).isEqualTo(1);
        assertThat(value("llm_d_epp_flow_control_queue_bytes")).isEqualTo(100);
        queue.add("outcome");
        assertHistogram("llm_d_epp_flow_control_request_queue_duration_seconds", queue, Buckets.QUEUE);
        assertHistogram("llm_d_epp_flow_control_dispatch_cycle_duration_seconds", Set.of(), Buckets.FAST);
        assertHistogram(
                "llm_d_epp_flow_control_request_enqueue_duration_seconds",
                Set.of("fairness_id", "priority", "outcome"),
                Buckets.FAST);
        assertCounter("llm_d_epp_flow_control_requests_total", Set.of("inference_pool", "outcome", "priority"), 1);
        assertThat(page)
                .contains("llm_d_epp_flow_control_pool_saturation{inference_pool=\"default\",stage=\"effective\"} 0.5")
                .contains("llm_d_epp_flow_control_stale_endpoints{detector=\"utilization-detector\"} 2.0")
                .contains(
                        "llm_d_epp_flow_control_capacity_utilization_bytes{inference_pool=\"default\",priority=\"5\"} 0.2")
                .contains("llm_d_epp_flow_control_global_capacity_utilization_requests{inference_pool=\"default\"} 0.3")
                .doesNotContain("global_capacity_utilization_bytes")
                .contains(
                        "llm_d_epp_flow_control_revocations_total{inference_pool=\"default\",outcome=\"confirmed\"} 1.0");
        assertHistogram(
                "llm_d_epp_flow_control_revocation_confirmation_seconds", Set.of("inference_pool"), Buckets.REVOCATION);
    }

    @Test
    void whatAlertsCompareIsThere() {
        assertThat(page)
                .contains("scheduler_flow_ttl{inference_pool=\"default\"} 30.0")
                .contains("scheduler_discovery_failing 0.0")
                .contains("scheduler_config_stale 0.0")
                .contains("scheduler_config_reloads_total{outcome=\"refused\"} 0.0")
                .contains("scheduler_inflight_drift{model_server_endpoint=\"default/one\"} NaN");
    }

    @Test
    void theBuildIsThere() {
        assertThat(labels("llm_d_epp_info")).containsExactlyInAnyOrder("build_ref", "commit");
    }

    @Test
    void deprecatedNamesShowTheSameUnderTheirOwnLabels() {
        assertCounter("inference_objective_request_total", Set.of("model_name", "target_model_name", "priority"), 1);
        assertHistogram(
                "inference_objective_request_duration_seconds",
                Set.of("model_name", "target_model_name"),
                Buckets.LATENCY);
        assertThat(labels("inference_objective_running_requests")).containsExactly("model_name");
        assertThat(labels("inference_pool_per_pod_queue_size")).containsExactlyInAnyOrder("model_server_pod", "name");
        assertThat(labels("inference_extension_scheduler_attempts_total")).contains("pod_name");
        assertThat(value("inference_pool_ready_pods")).isEqualTo(1);
        assertThat(labels("inference_extension_prefix_indexer_size")).isEmpty();
    }

    private static void assertCounter(String name, Set<String> labels, double value) {
        assertThat(labels(name)).as(name).isEqualTo(new TreeSet<>(labels));
        assertThat(value(name)).as(name).isEqualTo(value);
    }

    private static void assertHistogram(String name, Set<String> labels, double[] bounds) {
        assertThat(labels(name + "_count")).as(name).isEqualTo(new TreeSet<>(labels));
        assertThat(bounds(name)).as(name).containsExactlyElementsOf(list(bounds));
    }

    private static List<Double> list(double[] bounds) {
        return Arrays.stream(bounds).boxed().toList();
    }

    private static String line(String name) {
        return page.lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .findFirst()
                .orElseThrow(() -> new AssertionError("not on the page: " + name));
    }

    private static double value(String name) {
        String line = line(name);
        return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
    }

    private static Set<String> labels(String name) {
        Set<String> names = new TreeSet<>();
        Matcher label = Pattern.compile("[{,]([a-z_]+)=\"").matcher(line(name));
        while (label.find()) {
            names.add(label.group(1));
        }
        return names;
    }

    private static List<Double> bounds(String name) {
        Matcher bucket = Pattern.compile("(?m)^" + name + "_bucket\\{[^}]*le=\"([^\"]+)\"")
                .matcher(page);
        return bucket.results()
                .map(result -> result.group(1))
                .filter(bound -> !bound.equals("+Inf"))
                .map(Double::valueOf)
                .distinct()
                .toList();
    }

    private static String send(String path, String body) throws Exception {
        HttpResponse<String> answer = CLIENT.send(
                HttpRequest.newBuilder(URI.create(base + path))
                        .header("x-request-id", "meters")
                        .header("x-original-path", "/v1/completions")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
        assertThat(answer.statusCode()).isLessThan(300);
        return answer.body();
    }
}
