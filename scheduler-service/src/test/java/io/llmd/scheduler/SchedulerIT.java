package io.llmd.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.scheduler.datalayer.FakeMetricsPage;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.client.ReactorResourceFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The whole service over real sockets. */
class SchedulerIT {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @TempDir
    static Path folder;

    private static final List<FakeMetricsPage> PAGES = new ArrayList<>();
    private static Path file;
    private static ConfigurableApplicationContext context;
    private static String base;
    private static String management;

    @BeforeAll
    static void start() throws IOException {
        for (int i = 0; i < 3; i++) {
            PAGES.add(new FakeMetricsPage());
        }
        file = folder.resolve("endpoints.yaml");
        write(3);
        context = SchedulerApplication.application()
                .run(
                        "--server.port=0",
                        "--management.server.port=0",
                        "--spring.cloud.config.enabled=false",
                        "--spring.config.import=",
                        "--scheduler.discovery.file=" + file,
                        "--scheduler.discovery.watch-interval=50ms",
                        "--scheduler.discovery.allow-loopback=true",
                        "--scheduler.http.max-body-size=1MB");
        base = "http://localhost:" + context.getEnvironment().getProperty("local.server.port");
        management = "http://localhost:" + context.getEnvironment().getProperty("local.management.port");
    }

    @AfterAll
    static void stop() throws IOException {
        context.close();
        for (FakeMetricsPage page : PAGES) {
            page.close();
        }
    }

    private static void write(int endpoints) throws IOException {
        StringBuilder text = new StringBuilder("endpoints:\n");
        for (int i = 0; i < endpoints; i++) {
            text.append("  - {name: sim-").append(i).append(", address: 127.0.0.1, port: ");
            text.append(PAGES.get(i).port()).append("}\n");
        }
        Files.writeString(file, text);
    }

    @Test
    void twoEqualLongPromptsGoToTheSameEndpoint() throws Exception {
        String prompt = "a long common beginning ".repeat(400);
        JsonNode first = schedule("same-1", prompt);
        JsonNode second = schedule("same-2", prompt);
        assertThat(target(second)).isEqualTo(target(first));
        assertThat(second.at("/prefix/matchedTokens").asInt()).isGreaterThan(2000);
        end(first);
        end(second);
    }

    @Test
    void anExplanationIsTheDecisionThatFollows() throws Exception {
        String body = body("explained ".repeat(100));
        for (int i = 0; i < 5; i++) {
            JsonNode explanation = JSON.readTree(
                    post("/v1/schedule:explain", body, "explain-" + i).body());
            JsonNode decision =
                    JSON.readTree(post("/v1/schedule", body, "explain-" + i).body());
            assertThat(explanation.at("/verdict/endpoints/0").asString()).isEqualTo(target(decision));
            assertThat(explanation.at("/profiles/0/scorers").size()).isEqualTo(3);
            assertThat(explanation.at("/candidates").size()).isEqualTo(3);
            end(decision);
        }
    }

    @Test
    void aDecisionCanBeAskedForUntilItsEndAndAfter() throws Exception {
        JsonNode decision = schedule("recorded-1", "recorded ".repeat(50));
        JsonNode attempt = attempts("recorded-1").get(0);
        assertThat(attempt.at("/decision/outcome").asString()).isEqualTo("in-flight");
        assertThat(attempt.at("/decision/endpoints/0").asString()).isEqualTo(target(decision));
        assertThat(attempt.at("/explanation/profiles/0/scorers").size()).isEqualTo(3);
        assertThat(attempt.at("/explanation/profiles/0/scorers/0/description/type")
                        .asString())
                .isNotEmpty();
        assertThat(attempt.at("/calls")
                        .valueStream()
                        .map(call -> call.get("extensionPoint").asString()))
                .contains("RequestParsing", "DataProducer", "ProfilePicker", "Scorer", "Picker", "PreRequest");
        end(decision);
        JsonNode ended = attempts("recorded-1").get(0).get("decision");
        assertThat(ended.get("outcome").asString()).isEqualTo("natural");
        assertThat(ended.get("timeToFirstTokenMicros").asLong()).isEqualTo(1);
        assertThat(ended.at("/usage/promptTokens").asInt()).isEqualTo(1);
        assertProblem(get(base + "/v1/decisions/never-seen"), 404, "unknown_url");
    }

    @Test
    void decisionsAreListedNewestFirstByFilterAndPage() throws Exception {
        for (int i = 0; i < 3; i++) {
            end(schedule("listed-" + i, "x"));
        }
        JsonNode page = decisions("?outcome=natural&model=m&since=1m&limit=2");
        assertThat(page.get("decisions").size()).isEqualTo(2);
        long next = page.get("next").asLong();
        assertThat(page.at("/decisions/1/number").asLong())
                .isEqualTo(next)
                .isLessThan(page.at("/decisions/0/number").asLong());
        assertThat(decisions("?limit=1&cursor=" + next)
                        .at("/decisions/0/number")
                        .asLong())
                .isLessThan(next);
        assertThat(decisions("?model=other").get("decisions").size()).isZero();
        assertProblem(get(base + "/v1/decisions?outcome=lost"), 400, "invalid_value");
        assertProblem(get(base + "/v1/decisions?limit=0"), 400, "invalid_value");
        assertProblem(get(base + "/v1/decisions?since=yesterday"), 400, "invalid_value");
        assertProblem(get(base + "/v1/decisions?colour=red"), 400, "invalid_value");
        assertProblem(post("/v1/decisions", "", "p"), 405, "method_not_allowed");
    }

    @Test
    void recordedDecisionsAreReplayedUnderAnotherConfiguration() throws Exception {
        for (int i = 0; i < 5; i++) {
            end(schedule("replayed-" + i, "replayed ".repeat(300)));
        }
        String same = post("/v1/decisions:replay?limit=5", "", "p").body();
        assertThat(JSON.readTree(same).get("replayed").asInt()).isEqualTo(5);
        assertThat(JSON.readTree(same).get("changed").asInt()).as(same).isZero();
        String random = """
                apiVersion: llm-d.ai/v1alpha1
                kind: EndpointPickerConfig
                plugins: [{type: queue-scorer}, {type: random-picker}]
                schedulingProfiles: [{name: default, plugins: [{pluginRef: queue-scorer}, {pluginRef: random-picker}]}]
                """;
        JsonNode report =
                JSON.readTree(post("/v1/decisions:replay?limit=5", random, "p").body());
        assertThat(report.get("replayed").asInt()).isEqualTo(5);
        assertThat(report.get("changes").size()).isEqualTo(report.get("changed").asInt());
        HttpResponse<String> refused = post("/v1/decisions:replay", "kind: Nonsense", "p");
        assertProblem(refused, 400, "invalid_value");
        assertThat(refused.body()).contains("Nonsense");
    }

    @Test
    void aSnapshotCanBeDecidedAgainstLater() throws Exception {
        JsonNode busy = schedule("snapshot-1", "x");
        ObjectNode run = JSON.createObjectNode();
        run.set("snapshot", JSON.readTree(get(base + "/v1/snapshot").body()));
        run.set("body", JSON.readTree(body("x")));
        end(busy);
        JsonNode explanation = JSON.readTree(
                post("/v1/snapshot:explain", JSON.writeValueAsString(run), "p").body());
        assertThat(explanation.at("/verdict/outcome").asString()).isEqualTo("decision");
        assertThat(explanation
                        .get("candidates")
                        .valueStream()
                        .filter(candidate -> candidate.get("id").asString().equals(target(busy)))
                        .mapToLong(
                                candidate -> candidate.get("inFlightRequests").asLong()))
                .containsExactly(1L);
        assertProblem(post("/v1/snapshot:explain", "{}", "p"), 400, "invalid_json");
    }

    private static JsonNode attempts(String id) throws Exception {
        return JSON.readTree(get(base + "/v1/decisions/" + id).body()).get("attempts");
    }

    private static JsonNode decisions(String query) throws Exception {
        return JSON.readTree(get(base + "/v1/decisions" + query).body());
    }

    @Test
    void anAttemptIsInFlightUntilItsEndIsReported() throws Exception {
        JsonNode decision = schedule("in-flight", "x".repeat(400));
        assertThat(inFlight(target(decision))).isEqualTo(1);
        end(decision);
        end(decision);
        assertThat(inFlight(target(decision))).isZero();
    }

    @Test
    void metricsAreReadAndTheFileIsFollowed() throws Exception {
        await("fresh metrics")
                .untilAsserted(() ->
                        assertThat(endpoints()).allMatch(e -> e.get("fresh").asBoolean()));
        write(2);
        await("removal").untilAsserted(() -> assertThat(endpoints()).hasSize(2));
        Files.writeString(file, "endpoints: [");
        await("refusal")
                .untilAsserted(() -> assertThat(
                                get(management + "/actuator/prometheus").body())
                        .contains("scheduler_discovery_problems_total{reason=\"list\"}"));
        assertThat(endpoints()).hasSize(2);
        write(3);
        await("return").untilAsserted(() -> assertThat(endpoints()).hasSize(3));
    }

    @Test
    void excludedEndpointsAndEmptySubsetsAreKeptOut() throws Exception {
        HttpRequest.Builder request = request("/v1/schedule", body("x"), "excluded");
        request.header("x-llmd-excluded-endpoints", "default/sim-0, default/sim-1,default/sim-2");
        assertThat(reason(send(request))).isEqualTo("NO_ENDPOINTS");
        request = request("/v1/schedule", body("x"), "subset");
        request.header("x-gateway-destination-endpoint-subset", "10.9.9.9:80");
        assertThat(reason(send(request))).isEqualTo("NO_ENDPOINTS");
    }

    @Test
    void headersUpToTheGatewaysBoundAreTaken() throws Exception {
        HttpRequest.Builder request = request("/v1/schedule", body("x"), "headers");
        request.header("x-client", "h".repeat(16 << 10));
        request.header("x-llmd-excluded-endpoints", "default/sim-9,".repeat(1_000));

        JsonNode decision = JSON.readTree(send(request).body());

        assertThat(decision.get("outcome").asString()).isEqualTo("decision");
        end(decision);
    }

    @Test
    void eventLoopsAreNotThoseOfTheWholeProcess() {
        assertThat(context.getBean(ReactorResourceFactory.class).isUseGlobalResources())
                .isFalse();
    }

    @Test
    void rejectionsAreAnsweredWith200() throws Exception {
        HttpResponse<String> response = post("/v1/schedule", "{", "broken");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(reason(response)).isEqualTo("BAD_REQUEST");
    }

    @Test
    void problemsOfTheProtocolAreProblemDocuments() throws Exception {
        assertProblem(post("/v1/outcomes", "[", "p"), 400, "invalid_json");
        assertProblem(post("/v1/outcomes", "{\"reports\":null}", "p"), 400, "invalid_json");
        assertProblem(post("/v1/schedule", "x".repeat(1_100_000), "p"), 413, "payload_too_large");
        assertProblem(get(base + "/v1/schedule"), 405, "method_not_allowed");
        assertProblem(get(base + "/v2/other"), 404, "unknown_url");
    }

    @Test
    void theManagementPortShowsHealthAndMetersOnly() throws Exception {
        assertThat(get(management + "/actuator/health/readiness").body()).contains("UP");
        assertThat(get(management + "/actuator/prometheus").body())
                .contains("llm_d_epp_ready_endpoints", "llm_d_epp_scheduler_e2e_duration_seconds_bucket");
        for (String path : List.of("env", "heapdump", "beans", "configprops", "loggers", "shutdown")) {
            assertThat(get(management + "/actuator/" + path).statusCode()).isEqualTo(404);
        }
        assertThat(get(base + "/actuator/health").statusCode()).isEqualTo(404);
    }

    private static void assertProblem(HttpResponse<String> response, int status, String code) {
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).hasValue("application/problem+json");
        assertThat(JSON.readTree(response.body()).get("code").asString()).isEqualTo(code);
    }

    private static String body(String content) {
        return "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + content + "\"}]}";
    }

    private static JsonNode schedule(String id, String content) throws Exception {
        JsonNode decision =
                JSON.readTree(post("/v1/schedule", body(content), id).body());
        assertThat(decision.get("outcome").asString()).isEqualTo("decision");
        return decision;
    }

    private static void end(JsonNode decision) throws Exception {
        String report = "{\"reports\":[{\"requestId\":\"r\",\"leaseId\":" + decision.get("leaseId")
                + ",\"endpointId\":\"e\",\"phase\":\"ENDED\",\"cause\":\"NATURAL\",\"status\":200,\"usage\":"
                + "{\"promptTokens\":1,\"completionTokens\":1,\"cachedTokens\":0},\"timeToFirstTokenMicros\":1,"
                + "\"durationMicros\":1,\"later\":1}]}";
        assertThat(post("/v1/outcomes", report, "o").statusCode()).isEqualTo(204);
    }

    private static String target(JsonNode decision) {
        return decision.at("/endpoints/0/id").asString();
    }

    private static String reason(HttpResponse<String> response) {
        return JSON.readTree(response.body()).get("reason").asString();
    }

    private static List<JsonNode> endpoints() throws Exception {
        return JSON.readTree(get(base + "/v1/endpoints").body())
                .get("endpoints")
                .valueStream()
                .toList();
    }

    private static long inFlight(String id) throws Exception {
        return endpoints().stream()
                .filter(endpoint -> endpoint.at("/endpoint/id").asString().equals(id))
                .mapToLong(endpoint -> endpoint.get("inFlightRequests").asLong())
                .sum();
    }

    private static HttpResponse<String> post(String path, String body, String id) throws Exception {
        return send(request(path, body, id));
    }

    private static HttpRequest.Builder request(String path, String body, String id) {
        return HttpRequest.newBuilder(URI.create(base + path))
                .header("x-request-id", id)
                .header("x-original-path", "/v1/chat/completions")
                .POST(BodyPublishers.ofString(body));
    }

    private static HttpResponse<String> get(String url) throws Exception {
        return send(HttpRequest.newBuilder(URI.create(url)));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return CLIENT.send(request.build(), BodyHandlers.ofString());
    }
}
