package io.llmd.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.testsupport.FakeModelServer;
import io.llmd.testsupport.Reply;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Decisions on the tokens of the engine, by the whole service. */
@Timeout(90)
class TokenizedDecisionsIT {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final Path MODEL =
            Path.of("..", "vllm-simulator", "src", "test", "resources", "golden", "real-vllm", "model");
    private static final String CHAT =
            "{\"model\": \"tiny\", \"messages\": [{\"role\": \"user\", \"content\": \"Hello, how are you?\"}]}";

    @TempDir
    Path folder;

    @Test
    void aLocalTokenizerGivesTheTokensThatVllmCounts() throws Exception {
        try (ConfigurableApplicationContext service = start("local: {path: '" + MODEL.toAbsolutePath() + "'}")) {
            await("the tokenizer is loaded")
                    .until(() ->
                            schedule(service, CHAT).at("/prefix/promptTokens").asInt() == 17);
            JsonNode attempt = lastAttempt(service);
            assertThat(attempt.at("/explanation/request/promptTokens").asInt()).isEqualTo(17);
            assertThat(attempt.at("/explanation/request/exactTokens").asBoolean())
                    .isTrue();
            assertThat(attempt.at("/calls").toString()).contains("\"tokens\"");
            assertThat(metrics(service))
                    .contains("scheduler_tokenization_seconds_count{outcome=\"tokenized\",plugin=\"tokens\"}")
                    .contains(
                            "scheduler_tokenization_lookups_total{outcome=\"miss\",plugin=\"tokens\",store=\"pieces\"}")
                    .contains("scheduler_tokenization_memory_bytes{plugin=\"tokens\",store=\"requests\"}");
        }
    }

    @Test
    void anEngineThatFailsLeavesTheEstimateAndIsNamed() throws Exception {
        try (FakeModelServer engine = FakeModelServer.start();
                ConfigurableApplicationContext service =
                        start("modelName: tiny, vllm: {url: 'http://" + engine.hostPort() + "'}")) {
            engine.always(Reply.json(200, "{\"token_ids\": [1, 2, 3], \"features\": null}"));
            assertThat(schedule(service, CHAT).at("/prefix/promptTokens").asInt())
                    .isEqualTo(3);
            engine.always(Reply.json(503, "{}"));
            String other = CHAT.replace("Hello", "Good morning");
            assertThat(schedule(service, other).at("/prefix/promptTokens").asInt())
                    .isGreaterThan(3);
            JsonNode attempt = lastAttempt(service);
            assertThat(attempt.at("/explanation/request/exactTokens").asBoolean(true))
                    .isFalse();
            assertThat(attempt.at("/explanation/leftOut/0").asString()).isEqualTo("tokens");
            assertThat(metrics(service))
                    .contains("scheduler_tokenization_seconds_count{outcome=\"failed\",plugin=\"tokens\"} 1")
                    .contains("scheduler_plugin_faults_total{plugin=\"tokens\"");
        }
    }

    private ConfigurableApplicationContext start(String parameters) throws IOException {
        Path config = folder.resolve("config.yaml");
        Files.writeString(config, """
                apiVersion: llm-d.ai/v1alpha1
                kind: EndpointPickerConfig
                plugins:
                  - {name: tokens, type: token-producer, parameters: {%s}}
                  - {name: queue, type: queue-scorer}
                schedulingProfiles:
                  - name: main
                    plugins: [{pluginRef: queue}]
                """.formatted(parameters));
        return SchedulerApplication.application()
                .run(
                        "--server.port=0",
                        "--management.server.port=0",
                        "--spring.cloud.config.enabled=false",
                        "--spring.config.import=",
                        "--scheduler.config-file=" + config,
                        "--scheduler.discovery.allow-loopback=true",
                        "--scheduler.discovery.endpoints[0].name=one",
                        "--scheduler.discovery.endpoints[0].address=127.0.0.1",
                        "--scheduler.discovery.endpoints[0].port=1");
    }

    private static JsonNode schedule(ConfigurableApplicationContext service, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(base(service, "server") + "/v1/schedule"))
                .header("x-request-id", "request")
                .header("x-original-path", "/v1/chat/completions")
                .POST(BodyPublishers.ofString(body))
                .build();
        return JSON.readTree(CLIENT.send(request, BodyHandlers.ofString()).body());
    }

    private static JsonNode lastAttempt(ConfigurableApplicationContext service) throws Exception {
        JsonNode attempts = JSON.readTree(get(base(service, "server") + "/v1/decisions/request"));
        return attempts.at("/attempts").get(attempts.at("/attempts").size() - 1);
    }

    private static String metrics(ConfigurableApplicationContext service) throws Exception {
        return get(base(service, "management") + "/actuator/prometheus");
    }

    private static String get(String url) throws Exception {
        return CLIENT.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString())
                .body();
    }

    private static String base(ConfigurableApplicationContext service, String door) {
        return "http://localhost:" + service.getEnvironment().getProperty("local." + door + ".port");
    }
}
