package io.llmd.configserver.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llmd.configserver.RunningConfigServer;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@ExtendWith(OutputCaptureExtension.class)
class AdminIT {

    private static final String KEY = "sk-operator-0123456789";
    private static RunningConfigServer watched;
    private static RunningConfigServer server;

    @BeforeAll
    static void start() throws Exception {
        watched = new RunningConfigServer();
        String hash = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(KEY.getBytes(StandardCharsets.UTF_8)));
        server = new RunningConfigServer(
                "--config-server.admin.enabled=true",
                "--config-server.admin.operators.ada=" + hash,
                "--config-server.admin.services.watched=" + watched.managementUrl(),
                "--config-server.admin.services.gone=http://127.0.0.1:1");
    }

    @AfterAll
    static void stop() {
        server.close();
        watched.close();
    }

    @Test
    void operatorsSeeEachServiceAndItsHealth() {
        HttpResponse<String> page = server.get("/admin", "authorization", basic("ada", KEY), "accept", "text/html");
        assertThat(page.body()).contains("<title>");
        Matcher script = Pattern.compile("src=\"\\./(assets/[^\"]+)\"").matcher(page.body());
        assertThat(script.find()).isTrue();
        assertThat(as("ada", KEY, "/admin/" + script.group(1)).headers().firstValue("content-type"))
                .hasValueSatisfying(type -> assertThat(type).contains("javascript"));
        await("states of both services").atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            assertThat(state("watched")).isEqualTo("UP");
            assertThat(state("gone")).isEqualTo("OFFLINE");
        });
        String id = instance("watched").get("id").asString();
        HttpResponse<String> health = as("ada", KEY, "/admin/instances/" + id + "/actuator/health");
        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(health.body()).contains("\"UP\"");
        assertThat(as("ada", KEY, "/admin/instances/" + id + "/actuator/env").statusCode())
                .isEqualTo(404);
    }

    @Test
    void nobodyElseSeesAnything() {
        assertThat(server.get("/admin").statusCode()).isEqualTo(401);
        assertThat(server.get("/admin/instances").statusCode()).isEqualTo(401);
        assertThat(server.get("/admin/assets/x.js").statusCode()).isEqualTo(401);
        assertThat(as("ada", "sk-wrong", "/admin/instances").statusCode()).isEqualTo(401);
        assertThat(as("bob", KEY, "/admin/instances").statusCode()).isEqualTo(401);
        assertThat(server.get("/admin", "authorization", "Basic *").statusCode())
                .isEqualTo(401);
        assertThat(server.get("/admin", "authorization", "Bearer " + KEY).statusCode())
                .isEqualTo(401);
    }

    @Test
    void guessesDoNotFillTheLog(CapturedOutput output) {
        for (int i = 0; i < 50; i++) {
            assertThat(as("ada", "sk-" + i, "/admin").statusCode()).isEqualTo(401);
        }
        assertThat(output.getAll().split("admin login refused", -1)).hasSizeLessThan(25);
    }

    @Test
    void nothingCanBeChanged() {
        assertThat(send("POST", "/admin/instances").statusCode()).isEqualTo(405);
        assertThat(send("DELETE", "/admin/instances/x").statusCode()).isEqualTo(405);
        assertThat(send("POST", "/admin/instances/x/actuator/loggers/ROOT").statusCode())
                .isEqualTo(405);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/admin/%2e%2e/encrypt",
                "/admin/../encrypt/status",
                "/admin/..;/encrypt",
                "/admin/;/x",
                "/admin//encrypt",
                "/administrator/x/y/z",
                "/admin/x%2fy"
            })
    void itsPathIsNoWayToOthers(String path) {
        assertThat(as("ada", KEY, path).statusCode()).isIn(400, 404);
    }

    @Test
    void configurationIsServedAsBefore() {
        assertThat(server.get("/gateway/default").statusCode()).isEqualTo(200);
        assertThat(server.get("/encrypt").statusCode()).isEqualTo(404);
    }

    @Test
    void itIsOffUnlessItIsWanted() {
        assertThat(watched.get("/admin").statusCode()).isEqualTo(404);
        assertThat(watched.context().getBeanDefinitionNames())
                .noneMatch(name -> name.toLowerCase(java.util.Locale.ROOT).contains("instanceregistry"))
                .noneMatch(name -> name.toLowerCase(java.util.Locale.ROOT).contains("thymeleaf"));
    }

    @Test
    void withoutALoginItIsForThisMachineUnderItsOwnNames() {
        try (RunningConfigServer open =
                new RunningConfigServer("--config-server.admin.enabled=true", "--config-server.admin.login=none")) {
            assertThat(open.get("/admin/instances", "accept", "application/json")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(open.status("/admin", "evil.example")).isEqualTo(403);
        }
    }

    /** On Kubernetes Spring would take the word of proxies for addresses. */
    @Test
    void whatAProxyPassesOnIsNotFromThisMachine() {
        try (RunningConfigServer open = new RunningConfigServer(
                "--config-server.admin.enabled=true",
                "--config-server.admin.login=none",
                "--spring.main.cloud-platform=kubernetes")) {
            assertThat(open.get("/admin/instances", "accept", "application/json")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(open.get("/admin/instances", "x-forwarded-for", "127.0.0.1")
                            .statusCode())
                    .isEqualTo(403);
            assertThat(open.get("/admin/instances", "forwarded", "for=127.0.0.1")
                            .statusCode())
                    .isEqualTo(403);
        }
    }

    @Test
    void aLoginThatNobodyHasStopsTheStart() {
        assertThatThrownBy(() -> new RunningConfigServer("--config-server.admin.enabled=true"))
                .hasRootCauseMessage("config-server.admin.operators: none (expected: at least one)");
    }

    private static String state(String service) {
        return instance(service).path("statusInfo").path("status").asString("");
    }

    private static JsonNode instance(String service) {
        JsonNode all =
                JsonMapper.shared().readTree(as("ada", KEY, "/admin/instances").body());
        return all.valueStream()
                .filter(each ->
                        each.path("registration").path("name").asString("").equals(service))
                .findFirst()
                .orElseThrow();
    }

    private static HttpResponse<String> send(String method, String path) {
        return server.send(method, server.url() + path, "authorization", basic("ada", KEY));
    }

    private static HttpResponse<String> as(String name, String key, String path) {
        return server.send("GET", server.url() + path, "authorization", basic(name, key), "accept", "application/json");
    }

    private static String basic(String name, String key) {
        return "Basic " + Base64.getEncoder().encodeToString((name + ":" + key).getBytes(StandardCharsets.UTF_8));
    }
}
