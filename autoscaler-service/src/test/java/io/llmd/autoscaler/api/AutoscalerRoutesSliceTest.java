package io.llmd.autoscaler.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.autoscaler.Decided;
import io.llmd.autoscaler.analyzer.FittedStepTime;
import io.llmd.autoscaler.loop.DecisionLog;
import io.llmd.autoscaler.loop.DecisionLogs;
import io.llmd.autoscaler.loop.FitStore.Learnt;
import io.llmd.autoscaler.loop.Holds;
import io.llmd.autoscaler.variant.StepTime;
import io.llmd.contracts.error.ErrorCode;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The HTTP door over a cycle that the test has made. */
class AutoscalerRoutesSliceTest {

    private static final String KEY = "a-key-of-enough-characters";
    private static final Instant NOW = Instant.parse("2026-01-31T12:00:05Z");

    private final DecisionLog log = new DecisionLog();
    private final Holds holds = new Holds();
    private boolean leads = true;
    private final WebTestClient client = client(log);

    private WebTestClient client(DecisionLog decisions) {
        DecisionLogs.add(log, Decided.cycle("c1", List.of()));
        Learnt learnt = new Learnt(FittedStepTime.assumed(new StepTime(0.01, 1e-4, 1e-5, 1e-8)), List.of());
        return WebTestClient.bindToRouterFunction(new AutoscalerRoutes(
                                decisions,
                                holds,
                                () -> Map.of("n/v", learnt),
                                Decided.PLANNER,
                                new WhatIf(Decided.PLANNER),
                                () -> NOW,
                                1_000,
                                WriteAccess.withKey(KEY),
                                () -> leads)
                        .routes())
                .configureClient()
                .defaultHeader("authorization", "Bearer " + KEY)
                // Solving is slow until it is compiled, on a machine that is busy.
                .responseTimeout(Duration.ofSeconds(60))
                .build();
    }

    private WebTestClient.BodyContentSpec get(String path) {
        return client.get().uri(path).exchange().expectStatus().isOk().expectBody();
    }

    private WebTestClient.ResponseSpec post(String path, String body) {
        return client.post()
                .uri(path)
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(body)
                .exchange();
    }

    @Test
    void whoDoesNotLeadTakesNoHolds() {
        leads = false;
        for (String hold : List.of("pause", "resume", "override?replicas=3&ttl=1m")) {
            client.put()
                    .uri("/api/v1/variants/n/v/" + hold)
                    .exchange()
                    .expectStatus()
                    .isEqualTo(503)
                    .expectBody()
                    .jsonPath("$.detail")
                    .value(detail -> assertThat(String.valueOf(detail)).contains("another replica leads"));
        }
        assertThat(holds.audit()).isEmpty();
    }

    @Test
    void decisionsAreShownWithTheirReasons() {
        get("/api/v1/models").jsonPath("$.models[0].variants[0].desired").isEqualTo(5);
        get("/api/v1/models/m").jsonPath("$.classes[0].now").isEqualTo(5);
        get("/api/v1/variants/n/v/explain")
                .jsonPath("$.variant.steps[0].stage")
                .isEqualTo("demand")
                .jsonPath("$.variant.whyNotLess")
                .isNotEmpty()
                .jsonPath("$.variant.whyNotMore")
                .isNotEmpty()
                .jsonPath("$.variant.utilizationBefore.itl")
                .isNumber();
        get("/api/v1/variants/n/v/explain?at=2026-01-31T12:00:00Z")
                .jsonPath("$.at")
                .isEqualTo("2026-01-31T12:00:00Z");
        get("/api/v1/decisions?model=m&code=G17")
                .jsonPath("$.decisions.length()")
                .isEqualTo(1);
        get("/api/v1/decisions?code=G12").jsonPath("$.decisions.length()").isEqualTo(0);
        get("/api/v1/decisions?since=2026-02-01T00:00:00Z")
                .jsonPath("$.decisions.length()")
                .isEqualTo(0);
        get("/api/v1/routing/m").jsonPath("$.classes.chat['n/v@chat']").isEqualTo(1.0);
        get("/api/v1/capacity/n/v").jsonPath("$.fit.status").isEqualTo("BOOTSTRAP");
    }

    @Test
    void whatIfChangesNothing() {
        post("/api/v1/whatif", """
                {"model": "m",
                 "classes": [{"tier": "chat", "rate": 8, "input": 0, "hit": 0, "output": 1, "outputVariation": 0}],
                 "variants": [{"variant": "n/v", "costPerHour": 3, "max": 30}]}""")
                .expectStatus()
                .isOk()
                .expectBody()
                .jsonPath("$.variants[0].desired")
                .isEqualTo(8)
                .jsonPath("$.costPerHour")
                .isEqualTo(24.0)
                .jsonPath("$.variants[0].binding")
                .isEqualTo("itl");
        get("/api/v1/models").jsonPath("$.models[0].variants[0].desired").isEqualTo(5);
    }

    @Test
    void aCycleIsDecidedAgain() {
        post("/api/v1/replay", "{\"cycle\": \"c1\"}")
                .expectStatus()
                .isOk()
                .expectBody()
                .jsonPath("$.same")
                .isEqualTo(true);
        post("/api/v1/replay", "{\"cycle\": \"c9\"}").expectStatus().isNotFound();
    }

    @Test
    void holdsAreSetAndAudited() {
        client.put()
                .uri("/api/v1/variants/n/v/pause?ttl=10m")
                .exchange()
                .expectStatus()
                .isOk();
        assertThat(holds.isPaused("n/v", NOW)).isTrue();
        assertThat(holds.isPaused("n/v", NOW.plusSeconds(600))).isFalse();
        client.put()
                .uri("/api/v1/variants/n/v/override?replicas=3&ttl=1h")
                .exchange()
                .expectStatus()
                .isOk();
        assertThat(holds.override("n/v", NOW)).hasValue(3);
        assertThat(holds.override("n/v", NOW.plusSeconds(3_600))).isEmpty();
        client.put()
                .uri("/api/v1/variants/n/v/resume")
                .exchange()
                .expectStatus()
                .isOk();
        assertThat(holds.isPaused("n/v", NOW)).isFalse();
        get("/api/v1/holds")
                .jsonPath("$[0].action")
                .isEqualTo("pause")
                .jsonPath("$.length()")
                .isEqualTo(3);
    }

    @Test
    void wrongQuestionsAreRefusedWithTheReason() {
        refused("/api/v1/variants/n/v/override?replicas=3", 400, "missing_required_parameter");
        refused("/api/v1/variants/n/v/override?replicas=-3&ttl=1h", 400, "invalid_value");
        refused("/api/v1/variants/n/v/override?replicas=3&ttl=400d", 400, "invalid_value");
        refused("/api/v1/variants/n/v/pause?ttl=soon", 400, "invalid_value");
        refused("/api/v1/variants/n/other/pause", 404, "unknown_url");
        client.get().uri("/api/v1/models/x").exchange().expectStatus().isNotFound();
        client.get()
                .uri("/api/v1/decisions?since=yesterday")
                .exchange()
                .expectStatus()
                .isBadRequest();
        client.get().uri("/api/v1/nothing").exchange().expectStatus().isNotFound();
        post("/api/v1/whatif", "{").expectStatus().isBadRequest();
        post("/api/v1/whatif", "{\"model\": \"x\"}").expectStatus().isBadRequest();
        post("/api/v1/whatif", "{\"model\": \"m\", \"classes\": [{\"tier\": \"gold\", \"rate\": 1}]}")
                .expectStatus()
                .isBadRequest();
        post("/api/v1/whatif", "{\"model\": \"m\", \"classes\": [{\"tier\": \"chat\", \"rate\": 1e99}]}")
                .expectStatus()
                .isBadRequest();
        post("/api/v1/whatif", "{\"model\": \"" + "m".repeat(2_000) + "\"}")
                .expectStatus()
                .isEqualTo(413);
    }

    private void refused(String path, int status, String code) {
        client.put()
                .uri(path)
                .exchange()
                .expectStatus()
                .isEqualTo(status)
                .expectHeader()
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .expectBody()
                .jsonPath("$.code")
                .isEqualTo(code);
    }

    @Test
    void beforeTheFirstDecisionThereIsNoAnswer() {
        client(new DecisionLog())
                .get()
                .uri("/api/v1/models")
                .exchange()
                .expectStatus()
                .isEqualTo(503);
    }

    @Test
    void withoutTheKeyThereIsOnlyReading() {
        WebTestClient stranger = client.mutate()
                .defaultHeaders(headers -> headers.set("authorization", "Bearer something-else-altogether"))
                .build();
        stranger.put()
                .uri("/api/v1/variants/n/v/override?replicas=1&ttl=1m")
                .exchange()
                .expectStatus()
                .isUnauthorized()
                .expectBody()
                .jsonPath("$.code")
                .isEqualTo("invalid_api_key");
        stranger.post().uri("/api/v1/whatif").exchange().expectStatus().isUnauthorized();
        stranger.get().uri("/api/v1/models").exchange().expectStatus().isOk();
        assertThat(holds.audit()).isEmpty();
    }

    @Test
    void withoutAKeyFileOnlyThisMachineMayChangeAnything(@TempDir Path folder) throws Exception {
        WriteAccess open = WriteAccess.of(null, true);
        assertThat(open.refusal(null, InetAddress.getLoopbackAddress())).isNull();
        assertThat(open.refusal("Bearer x", InetAddress.getByAddress(new byte[] {10, 0, 0, 1})))
                .isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(open.refusal(null, null)).isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(WriteAccess.of(null, false).refusal(null, InetAddress.getLoopbackAddress()))
                .as("others reach the server, through a proxy that looks local")
                .isEqualTo(ErrorCode.PERMISSION_DENIED);
        Path file = Files.writeString(folder.resolve("key"), KEY + "\n");
        WriteAccess closed = WriteAccess.of(file, false);
        assertThat(closed.refusal("bearer " + KEY, null)).isNull();
        assertThat(closed.refusal(null, InetAddress.getLoopbackAddress())).isEqualTo(ErrorCode.INVALID_API_KEY);
        assertThat(closed.toString()).doesNotContain(KEY);
        Files.writeString(file, "short");
        assertThatThrownBy(() -> WriteAccess.of(file, true)).hasMessageContaining("expected: at least 16");
    }

    @Test
    void nullsAndEndlessTimesAreInvalidAndNoFailures() {
        post("/api/v1/whatif", "{\"model\":\"m\",\"classes\":[null]}")
                .expectStatus()
                .isBadRequest();
        post("/api/v1/whatif", "{\"model\":\"m\",\"variants\":[null]}")
                .expectStatus()
                .isBadRequest();
        post("/api/v1/whatif", "{\"model\":\"m\",\"variants\":[{\"variant\":\"n/v\",\"max\":2000000000}]}")
                .expectStatus()
                .isBadRequest();
        client.put()
                .uri("/api/v1/variants/n/v/pause?ttl=99999999d")
                .exchange()
                .expectStatus()
                .isBadRequest();
        client.put()
                .uri("/api/v1/variants/n/v/pause?ttl=-1m")
                .exchange()
                .expectStatus()
                .isBadRequest();
    }

    @Test
    @SuppressWarnings("unchecked")
    void theDocumentDescribesTheRoutes() throws Exception {
        try (InputStream in = getClass().getResourceAsStream("/openapi/autoscaler.yaml")) {
            Map<String, Object> document =
                    (Map<String, Object>) new Yaml(new SafeConstructor(new LoaderOptions())).load(in);
            Map<String, Map<String, Object>> paths = (Map<String, Map<String, Object>>) document.get("paths");
            TreeSet<String> described = new TreeSet<>();
            paths.forEach((path, methods) -> methods.keySet().stream()
                    .filter(method -> !method.equals("parameters"))
                    .forEach(method -> described.add(method + " " + path)));
            assertThat(described).isEqualTo(new TreeSet<>(ROUTES));
        }
        String routes = new AutoscalerRoutes(
                        log,
                        holds,
                        Map::of,
                        Decided.PLANNER,
                        new WhatIf(Decided.PLANNER),
                        () -> NOW,
                        1_000,
                        WriteAccess.withKey(KEY),
                        () -> true)
                .routes()
                .toString();
        for (String route : ROUTES) {
            assertThat(routes).contains(route.substring(route.indexOf(' ') + 1));
        }
    }

    private static final List<String> ROUTES = List.of(
            "get /api/v1/models",
            "get /api/v1/models/{model}",
            "get /api/v1/variants/{namespace}/{name}/explain",
            "get /api/v1/decisions",
            "post /api/v1/whatif",
            "post /api/v1/replay",
            "get /api/v1/capacity/{fingerprint}",
            "get /api/v1/capacity/{namespace}/{name}",
            "get /api/v1/routing/{model}",
            "get /api/v1/holds",
            "put /api/v1/variants/{namespace}/{name}/pause",
            "put /api/v1/variants/{namespace}/{name}/resume",
            "put /api/v1/variants/{namespace}/{name}/override");
}
