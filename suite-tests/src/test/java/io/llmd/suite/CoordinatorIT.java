package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.sun.net.httpserver.HttpServer;
import io.llmd.launcher.serve.Role;
import io.llmd.launcher.serve.ServiceContexts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A coordinator in front of gateway and scheduler, which choose one of the simulated endpoints for each phase. */
class CoordinatorIT {

    private static final int ENCODE = 0;
    private static final int PREFILL = 1;
    private static final int DECODE = 2;
    private static final String FOX = "The model reads a prompt and computes keys and values. ".repeat(20);
    private static final String CONFIG = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
              - {name: phases, type: header-profile-handler}
              - {name: only-encode, type: encode-filter}
              - {name: only-prefill, type: prefill-filter}
              - {name: only-decode, type: decode-filter}
              - {name: reuse, type: prefix-cache-scorer}
              - {name: best, type: max-score-picker}
            schedulingProfiles:
              - {name: encode, plugins: [{pluginRef: only-encode}, {pluginRef: best}]}
              - {name: prefill, plugins: [{pluginRef: only-prefill}, {pluginRef: reuse, weight: 1}, {pluginRef: best}]}
              - {name: decode, plugins: [{pluginRef: only-decode}, {pluginRef: reuse, weight: 1}, {pluginRef: best}]}
            """;

    private static final ServiceContexts COORDINATOR = new ServiceContexts();
    private static RunningSuite suite;
    private static HttpServer images;
    private static OpenAIClient client;

    @BeforeAll
    static void start() throws IOException {
        images = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        byte[] gif = "GIF89a-a-very-small-image".getBytes(StandardCharsets.US_ASCII);
        images.createContext("/fox.gif", exchange -> {
            exchange.sendResponseHeaders(200, gif.length);
            exchange.getResponseBody().write(gif);
            exchange.close();
        });
        images.start();
        suite = RunningSuite.startPhases(
                List.of("encode", "prefill", "decode"),
                (role, settings) -> {
                    var common = settings.option("inter-token-latency", "2ms")
                            .option("ec-connector", "nixl")
                            .option("ec-side-channel-host", "127.0.0.1")
                            .option("ec-side-channel-port", "0");
                    return role.equals("encode")
                            ? common
                            : common.option("kv-connector", "nixl")
                                    .option("nixl-side-channel-host", "127.0.0.1")
                                    .option("nixl-side-channel-port", "0")
                                    .option("kv-handshake-time", "20ms");
                },
                CONFIG,
                Map.of("scheduler.allow-experimental-plugins", "true"),
                Map.of(
                        "gateway.access.transfer-params", "trusted",
                        "gateway.access.trusted-proxies", "127.0.0.0/8"));
        Map<String, String> settings = new LinkedHashMap<>(Map.of(
                "server.address", "127.0.0.1",
                "server.port", "0",
                "management.server.address", "127.0.0.1",
                "management.server.port", "0",
                "spring.cloud.config.enabled", "false",
                "gateway.access.demo-key", RunningSuite.KEY));
        settings.put("gateway.coordinator.gateway", "http://127.0.0.1:" + suite.port());
        settings.put("gateway.coordinator.render", suite.endpoints().get(DECODE).baseUrl());
        settings.put("gateway.coordinator.steps", "replace-media-urls,render,conditional-decode,encode,prefill,decode");
        settings.put("gateway.coordinator.media-hosts", "127.0.0.1");
        settings.put("gateway.coordinator.media-networks", "127.0.0.0/8");
        settings.put(
                "gateway.coordinator.media-ports",
                String.valueOf(images.getAddress().getPort()));
        settings.put("gateway.coordinator.media-plain", "true");
        COORDINATOR.start(Role.COORDINATOR, settings, Stream.empty());
        client = OpenAIOkHttpClient.builder()
                .baseUrl("http://127.0.0.1:" + COORDINATOR.port(Role.COORDINATOR) + "/v1")
                .apiKey(RunningSuite.KEY)
                .build();
    }

    @AfterAll
    static void stop() {
        client.close();
        COORDINATOR.close();
        suite.close();
        images.stop(0);
    }

    private static long finished(int endpoint) {
        return suite.endpoints().get(endpoint).statistics().finished();
    }

    private static double fetched() {
        return suite.endpointMeter(DECODE, "vllm:external_prefix_cache_hits_total");
    }

    private static ChatCompletionCreateParams chat(String prompt) {
        return ChatCompletionCreateParams.builder()
                .model(RunningSuite.MODEL)
                .maxCompletionTokens(6)
                .putAdditionalBodyProperty("ignore_eos", com.openai.core.JsonValue.from(true))
                .addUserMessage(prompt)
                .build();
    }

    @Test
    @Tag("pd-S12")
    @Tag("pd-T43")
    @DisplayName(
            "S12, T43: one endpoint computes the prompt, another fetches its blocks and streams; the second time it has them")
    void prefillThenStream() {
        long prefills = finished(PREFILL);
        double before = fetched();

        List<ChatCompletionChunk> chunks;
        try (StreamResponse<ChatCompletionChunk> stream = client.chat()
                .completions()
                .createStreaming(chat("First: " + FOX).toBuilder()
                        .streamOptions(ChatCompletionStreamOptions.builder()
                                .includeUsage(true)
                                .build())
                        .build())) {
            chunks = stream.stream().toList();
        }

        assertThat(chunks.stream()
                        .flatMap(chunk -> chunk.choices().stream())
                        .map(choice -> choice.delta().content().orElse(""))
                        .collect(Collectors.joining()))
                .isNotEmpty();
        assertThat(chunks.getLast().usage().orElseThrow().completionTokens()).isEqualTo(6);
        assertThat(finished(PREFILL) - prefills).isEqualTo(1);
        assertThat(fetched() - before).isGreaterThan(200);

        ChatCompletion again = client.chat().completions().create(chat("First: " + FOX));

        assertThat(again.usage().orElseThrow().completionTokens()).isEqualTo(6);
        assertThat(finished(PREFILL) - prefills).isEqualTo(1);
    }

    @Test
    @Tag("pd-T42")
    @DisplayName("T42: a model that nobody has is 404 of the conditional decode, and nobody prefills")
    void unknownModel() throws IOException {
        long prefills = finished(PREFILL);

        try (ClientSocket socket = new ClientSocket(COORDINATOR.port(Role.COORDINATOR))) {
            socket.send("{\"model\":\"nobody\",\"prompt\":[1,2,3]}", "/v1/completions");
            assertThat(socket.readAll()).startsWith("HTTP/1.1 404").contains("model_not_found");
        }

        assertThat(finished(PREFILL)).isEqualTo(prefills);
    }

    @Test
    @Tag("pd-S12")
    @DisplayName(
            "S12: an image is fetched by the coordinator, encoded at one endpoint, and its prompt computed at another")
    void imageInAllPhases() throws IOException {
        var encoder = suite.endpoints().get(ENCODE);
        long encoded = encoder.statistics().mediaQueries();
        long hits = suite.endpoints().get(PREFILL).statistics().mediaHits();
        double before = fetched();
        String body =
                "{\"model\":\"sim-8b\",\"max_tokens\":4,\"ignore_eos\":true,\"stream\":true,\"messages\":[{\"role\":"
                        + "\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://127.0.0.1:"
                        + images.getAddress().getPort()
                        + "/fox.gif\"}},{\"type\":\"text\",\"text\":\"what is it?\"}]}]}";

        try (ClientSocket socket = new ClientSocket(COORDINATOR.port(Role.COORDINATOR))) {
            socket.send(body);
            assertThat(socket.readAll()).startsWith("HTTP/1.1 200").contains("data: [DONE]");
        }

        assertThat(encoder.statistics().mediaQueries() - encoded).isEqualTo(1);
        assertThat(suite.endpoints().get(PREFILL).statistics().mediaHits() - hits)
                .isEqualTo(1);
        assertThat(fetched() - before).isGreaterThan(100);
    }
}
