package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.serve.Role;
import io.llmd.launcher.serve.ServiceContexts;
import io.llmd.simulator.VllmSimulator;
import io.llmd.simulator.config.SimulatorSettings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The gateway as the routing sidecar of a decode endpoint, without a scheduler, and a prefill endpoint elsewhere. */
@ParameterizedClass
@ValueSource(strings = {"0.14.0", "0.32.0"})
class SidecarIT {

    private static final String PROMPT = "The model reads a prompt and computes keys and values. ".repeat(20);
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static ServiceContexts services;
    private static VllmSimulator prefill;
    private static VllmSimulator decode;

    SidecarIT(String version) {
        assertThat(version).isNotEmpty();
    }

    @BeforeParameterizedClassInvocation
    static void start(String version) {
        prefill = endpoint(version);
        decode = endpoint(version);
        services = new ServiceContexts();
        services.start(
                Role.SIDECAR,
                Map.of(
                        "server.address", "127.0.0.1",
                        "server.port", "0",
                        "management.server.address", "127.0.0.1",
                        "management.server.port", "0",
                        "spring.cloud.config.enabled", "false",
                        "gateway.sidecar.decoder", "http://127.0.0.1:" + decode.port(),
                        "gateway.sidecar.allow", "127.0.0.1:" + prefill.port(),
                        "gateway.sidecar.chunk-tokens", "4"),
                Stream.empty());
    }

    private static VllmSimulator endpoint(String version) {
        return VllmSimulator.start(SimulatorSettings.builder()
                .option("host", "127.0.0.1")
                .option("port", "0")
                .option("emulate-version", version)
                .option("inter-token-latency", "5ms")
                .option("kv-connector", "nixl")
                .option("nixl-side-channel-host", "127.0.0.1")
                .option("nixl-side-channel-port", "0")
                .option("kv-handshake-time", "20ms")
                .build());
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        services.close();
        prefill.close();
        decode.close();
    }

    private static String chat(String text, String more, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + services.port(Role.SIDECAR) + "/v1/chat/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"sim-8b\",\"ignore_eos\":true" + more
                        + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + PROMPT + "\"}]}"));
        if (headers.length > 0) {
            request.headers(headers);
        }
        HttpResponse<String> response = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body();
    }

    @Test
    @Tag("pd-S2")
    @DisplayName(
            "S2: the endpoint that the header names computes the prompt, the one beside reads its blocks and answers")
    void prefillByHeader() throws Exception {
        long before = prefill.statistics().finished();

        JsonNode answer = JsonMapper.shared()
                .readTree(chat("split ", ",\"max_tokens\":6", "x-prefiller-host-port", "127.0.0.1:" + prefill.port()));

        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(6);
        assertThat(prefill.statistics().finished()).isEqualTo(before + 1);
        assertThat(fetched()).isGreaterThan(100);
    }

    private static double fetched() throws IOException, InterruptedException {
        return HTTP.send(
                        HttpRequest.newBuilder(URI.create(decode.baseUrl() + "/metrics"))
                                .build(),
                        HttpResponse.BodyHandlers.ofLines())
                .body()
                .filter(line -> line.startsWith("vllm:external_prefix_cache_hits_total{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Test
    @Tag("pd-S14")
    @DisplayName("S14: a long answer is made of pieces that go on from one another, as a stream and as a whole")
    void pieces() throws Exception {
        long before = decode.statistics().finished();

        String stream =
                chat("pieces ", ",\"max_tokens\":10,\"stream\":true,\"stream_options\":{\"include_usage\":true}");
        JsonNode whole = JsonMapper.shared().readTree(chat("pieces ", ",\"max_tokens\":10"));

        assertThat(decode.statistics().finished()).as("three pieces each").isEqualTo(before + 6);
        assertThat(stream.split("\"delta\":", -1)).hasSize(4);
        assertThat(stream)
                .contains("\"completion_tokens\":10", "\"finish_reason\":\"length\"")
                .endsWith("data: [DONE]\n\n");
        assertThat(whole.at("/usage/completion_tokens").asInt()).isEqualTo(10);
        assertThat(whole.at("/choices/0/finish_reason").asString()).isEqualTo("length");
        assertThat(prefill.statistics().finished()).isLessThanOrEqualTo(1);
    }
}
