package io.llmd.kvindex;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The service on ports of its own. */
final class RunningIndex implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private final ConfigurableApplicationContext context;
    private final String base;
    private final String management;

    RunningIndex(String... settings) {
        List<String> all = new ArrayList<>(List.of(
                "--server.port=0",
                "--management.server.port=0",
                "--spring.cloud.config.enabled=false",
                "--spring.config.import=",
                "--kv-index.block-tokens=4",
                "--kv-index.model=m"));
        all.addAll(List.of(settings));
        context = KvIndexApplication.application().run(all.toArray(String[]::new));
        base = "http://localhost:" + context.getEnvironment().getProperty("local.server.port");
        management = "http://localhost:" + context.getEnvironment().getProperty("local.management.port");
    }

    /** Answers such as {@code a:2 b:1}, for the prompt of tokens 1 to {@code tokens}. */
    String query(int tokens) {
        int[] prompt = IntStream.rangeClosed(1, tokens).toArray();
        return answers(post("/v1/prefix-matches", JSON.writeValueAsString(Map.of("model", "m", "tokens", prompt))));
    }

    /** Endpoints that hold a block. */
    String holders(long key) {
        return answers(post(
                "/v1/prefix-matches",
                JSON.writeValueAsString(Map.of("keys", List.of("%016x".formatted(key)), "model", "m"))));
    }

    static String answers(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        TreeSet<String> answers = new TreeSet<>();
        JSON.readTree(response.body())
                .get("endpoints")
                .forEach(each -> answers.add(each.get("endpoint").asString()
                        + (each.get("rank").asInt() > 0 ? "/" + each.get("rank").asInt() : "") + ":"
                        + each.get("blocks").asInt()));
        return String.join(" ", answers);
    }

    HttpResponse<String> post(String path, String json) {
        return send(request(base + path)
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(json))
                .build());
    }

    HttpResponse<String> post(String path, String contentType, byte[] body) {
        return send(request(base + path)
                .header("content-type", contentType)
                .POST(BodyPublishers.ofByteArray(body))
                .build());
    }

    HttpResponse<String> get(String path) {
        return send(request(base + path).build());
    }

    byte[] download(String path) {
        try {
            HttpResponse<byte[]> response = CLIENT.send(request(base + path).build(), BodyHandlers.ofByteArray());
            assertThat(response.statusCode()).isEqualTo(200);
            return response.body();
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** The source of an endpoint; of its first rank. */
    JsonNode source(String endpoint) {
        return JSON.readTree(get("/v1/sources").body())
                .get("sources")
                .valueStream()
                .filter(each -> each.get("endpoint").asString().equals(endpoint))
                .findFirst()
                .orElse(JSON.createObjectNode().put("state", "absent"));
    }

    int readiness() {
        return send(request(management + "/actuator/health/readiness").build()).statusCode();
    }

    String meters() {
        return send(request(management + "/actuator/prometheus").build()).body();
    }

    private static HttpRequest.Builder request(String uri) {
        return HttpRequest.newBuilder(URI.create(uri));
    }

    private static HttpResponse<String> send(HttpRequest request) {
        try {
            return CLIENT.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        context.close();
    }
}
