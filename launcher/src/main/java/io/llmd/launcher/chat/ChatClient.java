package io.llmd.launcher.chat;

import io.llmd.launcher.home.ApiErrors;
import io.llmd.launcher.home.GatewayOptions.Gateway;
import io.llmd.launcher.terminal.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Asks a model and reads the streamed answer. One question at a time; {@link #stop} comes from any thread. */
final class ChatClient {

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();
    private final Gateway gateway;
    private final AtomicReference<@Nullable Running> running = new AtomicReference<>();

    ChatClient(Gateway gateway) {
        this.gateway = gateway;
    }

    /** @param role {@code system}, {@code user} or {@code assistant} */
    record Message(String role, String content) {}

    /**
     * Sends the conversation and waits for the end of the answer.
     *
     * @param pieces receives the text as it comes, on the calling thread
     */
    ChatAnswer ask(List<Message> conversation, int maxTokens, Consumer<String> pieces) throws InterruptedException {
        Reading reading = new Reading(System.nanoTime(), pieces);
        CompletableFuture<HttpResponse<InputStream>> sent =
                client.sendAsync(request(conversation, maxTokens), HttpResponse.BodyHandlers.ofInputStream());
        Running current = new Running(sent);
        running.set(current);
        try {
            HttpResponse<InputStream> response = sent.get();
            current.body.set(response.body());
            reading.requestId = response.headers().firstValue("x-request-id").orElse("");
            try (InputStream body = response.body()) {
                if (response.statusCode() != 200) {
                    String text = new String(body.readAllBytes(), StandardCharsets.UTF_8);
                    return reading.end(new ChatAnswer.End.Failed(
                            "answered " + response.statusCode() + ": " + ApiErrors.message(text)));
                }
                return reading.end(current.stopped ? new ChatAnswer.End.Stopped() : reading.stream(body));
            }
        } catch (ExecutionException | CancellationException | IOException e) {
            return reading.end(
                    current.stopped
                            ? new ChatAnswer.End.Stopped()
                            : new ChatAnswer.End.Failed("the connection to " + gateway.uri() + " failed: " + cause(e)));
        } finally {
            running.set(null);
        }
    }

    /** Breaks off the answer that is under way; closing the connection also ends its generation. */
    boolean stop() {
        Running current = running.get();
        if (current == null) {
            return false;
        }
        current.stop();
        return true;
    }

    private static String cause(Exception e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : String.valueOf(cause.getMessage());
    }

    private HttpRequest request(List<Message> conversation, int maxTokens) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.put("model", gateway.model());
        body.set("messages", Json.MAPPER.valueToTree(conversation));
        if (maxTokens > 0) {
            body.put("max_tokens", maxTokens);
        }
        body.put("stream", true);
        body.set("stream_options", Json.MAPPER.valueToTree(Map.of("include_usage", true)));
        HttpRequest.Builder request = HttpRequest.newBuilder(gateway.at("/v1/chat/completions"))
                .header("content-type", "application/json")
                .header("accept", "text/event-stream")
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.MAPPER.writeValueAsBytes(body)));
        if (gateway.key() != null) {
            request.header("authorization", "Bearer " + gateway.key());
        }
        return request.build();
    }

    /** What {@link #stop} can break off. */
    private static final class Running {
        private final CompletableFuture<HttpResponse<InputStream>> sent;
        private final AtomicReference<@Nullable InputStream> body = new AtomicReference<>();
        private volatile boolean stopped;

        Running(CompletableFuture<HttpResponse<InputStream>> sent) {
            this.sent = sent;
        }

        void stop() {
            stopped = true;
            sent.cancel(true);
            InputStream stream = body.get();
            if (stream != null) {
                try {
                    stream.close();
                } catch (IOException e) {
                    stopped = true; // closed is what was wanted
                }
            }
        }
    }

    /** The answer as far as it came. */
    private final class Reading {
        private final long sentNanos;
        private final Consumer<String> pieces;
        private final StringBuilder text = new StringBuilder();
        private String requestId = "";
        private long firstNanos;
        private long lastNanos;
        private int count;
        private JsonNode usage = Json.MAPPER.createObjectNode();

        Reading(long sentNanos, Consumer<String> pieces) {
            this.sentNanos = sentNanos;
            this.pieces = pieces;
        }

        ChatAnswer.End stream(InputStream body) throws IOException {
            BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.startsWith("data:")) {
                    continue;
                }
                String data = line.substring(5).strip();
                if (data.equals("[DONE]")) {
                    return new ChatAnswer.End.Complete();
                }
                JsonNode chunk = chunk(data);
                if (chunk == null || chunk.path("error").isObject()) {
                    return new ChatAnswer.End.Failed("the answer broke off: " + ApiErrors.message(data));
                }
                take(chunk);
            }
            Running current = running.get();
            return current != null && current.stopped
                    ? new ChatAnswer.End.Stopped()
                    : new ChatAnswer.End.Failed("the answer broke off without an end");
        }

        private @Nullable JsonNode chunk(String data) {
            try {
                return Json.MAPPER.readTree(data);
            } catch (JacksonException e) {
                return null;
            }
        }

        private void take(JsonNode chunk) {
            if (chunk.path("usage").isObject()) {
                usage = chunk.path("usage");
            }
            JsonNode content = chunk.path("choices").path(0).path("delta").path("content");
            if (!content.isString() || content.asString().isEmpty()) {
                return;
            }
            lastNanos = System.nanoTime();
            firstNanos = count++ == 0 ? lastNanos : firstNanos;
            text.append(content.asString());
            pieces.accept(content.asString());
        }

        ChatAnswer end(ChatAnswer.End end) {
            return new ChatAnswer(
                    text.toString(),
                    end,
                    count == 0 ? null : Duration.ofNanos(firstNanos - sentNanos),
                    Duration.ofNanos(lastNanos - firstNanos),
                    usage.path("completion_tokens").asInt(count),
                    usage.path("prompt_tokens").asInt(0),
                    usage.path("prompt_tokens_details").path("cached_tokens").asInt(0),
                    requestId);
        }
    }
}
