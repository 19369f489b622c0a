package io.llmd.simulator.recorded;

import io.llmd.simulator.api.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One exchange with a real vLLM.
 *
 * @param responseHeaders names in lower case
 * @param responseBody absent if only its shape was recorded
 */
public record RecordedExchange(
        String name,
        String method,
        String path,
        Map<String, String> headers,
        String body,
        int status,
        Map<String, String> responseHeaders,
        @Nullable String responseBody) {

    /** The exchanges of a file, in order. */
    public static List<RecordedExchange> of(String version, String file) {
        String place = "/golden/real-vllm/" + version + "/" + file + ".json";
        try (InputStream in = RecordedExchange.class.getResourceAsStream(place)) {
            List<RecordedExchange> exchanges = new ArrayList<>();
            if (in == null) {
                throw new IllegalArgumentException("file: " + place + " (expected: a resource)");
            }
            for (JsonNode node : Json.read(new String(in.readAllBytes(), StandardCharsets.UTF_8))) {
                exchanges.add(of(node));
            }
            return exchanges;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static RecordedExchange of(JsonNode node) {
        JsonNode request = node.get("request");
        JsonNode response = node.get("response");
        Map<String, String> headers = new LinkedHashMap<>();
        request.path("headers")
                .properties()
                .forEach(entry -> headers.put(entry.getKey(), entry.getValue().stringValue()));
        Map<String, String> responseHeaders = new LinkedHashMap<>();
        response.get("headers")
                .forEach(pair -> responseHeaders.put(
                        pair.get(0).stringValue().toLowerCase(Locale.ROOT),
                        pair.get(1).stringValue()));
        return new RecordedExchange(
                node.get("name").stringValue(),
                request.get("method").stringValue(),
                request.get("path").stringValue(),
                headers,
                request.path("body").asString(""),
                response.get("status").intValue(),
                responseHeaders,
                response.has("body") ? response.get("body").asString("") : null);
    }
}
