package io.llmd.simulator.recorded;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.VllmSimulator;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.ApiSettingsBuilder;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.config.SimulatorSettingsBuilder;
import io.llmd.simulator.engine.LatencyModel;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * Sends the requests that were sent to a real vLLM to the simulator. Errors must be the same to the letter, or have the
 * same status and fields where an older version has other words; answers have the same shape. What differs is listed with
 * its reason, and must differ.
 */
@Timeout(120)
class RealVllmReplayIT {
    private static final Path MODEL = Path.of("src/test/resources/golden/real-vllm/model");

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "core-start",
                "core-routing",
                "core-chats",
                "core-chat-errors",
                "core-completions",
                "core-completion-errors",
                "core-tools",
                "forced-tools",
                "core-other-apis",
                "core-development",
                "core-end",
                "plain",
                "access",
                "priority",
                "sleep",
                "lora",
                "pooling",
                "nixl",
                "death"
            })
    void answersLikeTheRecordedOnes(String file) throws Exception {
        replay("0.32.0", file);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "core-start",
                "core-routing",
                "core-chats",
                "core-chat-errors",
                "core-completions",
                "core-completion-errors",
                "core-tools",
                "forced-tools",
                "core-other-apis",
                "core-development",
                "core-end",
                "plain",
                "access",
                "priority",
                "lora",
                "nixl",
                "death"
            })
    void answersLikeThoseOfAnOlderVersion(String file) throws Exception {
        replay("0.21.0", file);
    }

    private void replay(String version, String file) throws Exception {
        List<String> problems = new ArrayList<>();
        Map<String, String> known = KnownDifferences.of(version, file);
        Map<String, String> ids = new LinkedHashMap<>();
        try (VllmSimulator simulator = VllmSimulator.start(settings(version, file))) {
            for (RecordedExchange exchange : RecordedExchange.of(version, file)) {
                if (exchange.name().equals("health after")) {
                    killEngine(simulator);
                }
                HttpResponse<String> response = send(simulator, exchange, ids);
                String difference = KnownDifferences.errorsHaveOtherWords(version, file) && exchange.status() >= 400
                        ? fieldDifference(exchange, response)
                        : difference(exchange, response);
                boolean expected = known.remove(exchange.name()) != null;
                if (difference != null && !expected) {
                    problems.add(exchange.name() + ": " + difference);
                } else if (difference == null && expected) {
                    problems.add(exchange.name() + ": is the same, though listed as different");
                }
            }
        }
        known.keySet().forEach(name -> problems.add(name + ": is listed, but was not recorded"));
        assertThat(problems).isEmpty();
    }

    private void killEngine(VllmSimulator simulator) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(simulator.baseUrl() + "/admin/config"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"dead\":true,\"error_after_tokens\":0}"))
                .build();
        assertThat(http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(200);
    }

    private static SimulatorSettings settings(String version, String file) {
        SimulatorSettingsBuilder settings = SimulatorSettings.builder()
                .port(0)
                .version(version)
                .model("tiny")
                .tokenizer(MODEL)
                .maxModelLen(2048)
                .maxNumSeqs(8)
                .blockSize(32)
                .latency(new LatencyModel.Constant(0, 0, 0, 0));
        switch (file) {
            case "death" ->
                settings.answers(answers -> answers.autoToolChoice(false)).promptTokensDetails(false);
            case "nixl" ->
                settings.answers(answers -> answers.autoToolChoice(false))
                        .promptTokensDetails(false)
                        .option("kv-connector", "nixl")
                        .option("nixl-side-channel-port", "0");
            case "plain" ->
                settings.answers(answers -> answers.autoToolChoice(false)).promptTokensDetails(false);
            case "access" ->
                settings.promptTokensDetails(false)
                        .answers(answers -> answers.autoToolChoice(false))
                        .api(RealVllmReplayIT::guarded);
            case "priority" ->
                settings.servedModelNames(List.of("tiny", "second"))
                        .promptTokensDetails(true)
                        .answers(answers -> answers.forceIncludeUsage(true)
                                .tokensAsIds(true)
                                .autoToolChoice(false));
            case "sleep" -> settings.promptTokensDetails(false).control(control -> control.developmentMode(true));
            case "lora" ->
                settings.lora(lora -> lora.enabled(true).runtimeUpdating(true).maxAdapters(2))
                        .answers(answers -> answers.autoToolChoice(false))
                        .promptTokensDetails(false);
            default ->
                settings.promptTokensDetails(true)
                        .control(control -> control.developmentMode(true))
                        .lora(lora -> lora.enabled(false).runtimeUpdating(true))
                        .api(api -> api.loadTracking(true).tokenizerInfo(true));
        }
        return settings.build();
    }

    private static void guarded(ApiSettingsBuilder api) {
        api.keys(List.of("secret")).requestIdHeaders(true);
    }

    private HttpResponse<String> send(VllmSimulator simulator, RecordedExchange exchange, Map<String, String> ids)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create(simulator.baseUrl() + replaced(exchange.path(), ids)))
                .timeout(Duration.ofSeconds(20));
        exchange.headers().forEach(request::header);
        String body = replaced(exchange.body(), ids);
        request.method(
                exchange.method(),
                body.isEmpty() ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        HttpResponse<String> response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        String recordedId = id(exchange.responseBody());
        String id = id(response.body());
        if (recordedId != null && id != null) {
            ids.put(recordedId, id);
        }
        return response;
    }

    private static String replaced(String text, Map<String, String> ids) {
        String replaced = text;
        for (Map.Entry<String, String> id : ids.entrySet()) {
            replaced = replaced.replace(id.getKey(), id.getValue());
        }
        return replaced;
    }

    private static @Nullable String id(@Nullable String body) {
        if (body == null || !body.startsWith("{\"id\"")) {
            return null;
        }
        return Json.read(body).get("id").asString("");
    }

    /** Status and fields of an error, whatever its words are. */
    private static @Nullable String fieldDifference(RecordedExchange expected, HttpResponse<String> actual) {
        String body = expected.responseBody();
        if (expected.status() != actual.statusCode() || body == null || !body.startsWith("{")) {
            return difference(expected, actual);
        }
        return difference(Shape.fields(Json.read(body)), Shape.fields(Json.read(actual.body())));
    }

    private static @Nullable String difference(RecordedExchange expected, HttpResponse<String> actual) {
        if (expected.status() != actual.statusCode()) {
            return "status is " + actual.statusCode() + " with " + around(actual.body(), 0) + ", not "
                    + expected.status() + " with " + around(String.valueOf(expected.responseBody()), 0);
        }
        for (String name : List.of("content-type", "allow")) {
            String header = actual.headers().firstValue(name).orElse("none");
            String recorded = expected.responseHeaders().getOrDefault(name, "none");
            if (!header.equals(recorded)) {
                return name + " is " + header + ", not " + recorded;
            }
        }
        if (expected.responseHeaders().containsKey("x-request-id")
                != actual.headers().firstValue("x-request-id").isPresent()) {
            return "x-request-id is there, or missing";
        }
        return expected.responseBody() == null ? null : difference(expected, expected.responseBody(), actual.body());
    }

    private static @Nullable String difference(RecordedExchange exchange, String expected, String actual) {
        String type = exchange.responseHeaders().getOrDefault("content-type", "none");
        if (type.startsWith("text/event-stream")) {
            return difference(Shape.ofStream(expected), Shape.ofStream(actual));
        }
        if (!type.equals("application/json")) {
            return null;
        }
        JsonNode body = Json.read(expected);
        return exchange.status() >= 400 || !body.isContainer()
                ? difference(expected, actual)
                : difference(Shape.of(body), Shape.of(Json.read(actual)));
    }

    private static @Nullable String difference(String expected, String actual) {
        if (expected.equals(actual)) {
            return null;
        }
        int same = 0;
        while (same < Math.min(expected.length(), actual.length()) && expected.charAt(same) == actual.charAt(same)) {
            same++;
        }
        return "is " + around(actual, same) + ", not " + around(expected, same);
    }

    private static String around(String text, int place) {
        return "..." + text.substring(Math.max(0, place - 80), Math.min(text.length(), place + 240)) + "...";
    }
}
