package io.llmd.launcher.home;

import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Questions to a service over HTTP, and its answers. Safe from any thread; {@link #close} ends what is under way. */
public final class ServiceApi implements AutoCloseable {

    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration ANSWER = Duration.ofSeconds(30);

    private final String service;
    private final String base;
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();

    /** The service of a name at a base URL. */
    public ServiceApi(String service, URI url) {
        this.service = service;
        base = url.toString().replaceAll("/+$", "");
    }

    /**
     * The service at {@code url}, or that of the running suite.
     *
     * @param start command that starts a suite with it
     * @throws CommandFailure when there is neither
     */
    public static ServiceApi at(String service, @Nullable URI url, String start) {
        if (url != null) {
            return new ServiceApi(service, url);
        }
        RunState running = RunFile.running();
        if (running != null) {
            for (RunState.Part part : running.parts()) {
                if (part.name().equals(service)) {
                    return new ServiceApi(service, URI.create(part.url()));
                }
            }
        }
        throw CommandFailure.notReady(
                "no " + service + " is running; start one with '" + start + "', or name it with --url");
    }

    /** A part of a path or query. */
    public static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /**
     * What is at a path.
     *
     * @throws CommandFailure when the service cannot be reached or says no
     */
    public JsonNode get(String path) throws InterruptedException {
        return send(path, request(path).GET());
    }

    /** The same as a value of a type. */
    public <T> T get(String path, Class<T> type) throws InterruptedException {
        JsonNode answer = get(path);
        try {
            return Json.MAPPER.treeToValue(answer, type);
        } catch (JacksonException e) {
            throw CommandFailure.notReady(base + path + " is no " + service + ": " + e.getMessage());
        }
    }

    /** What it answers to a body. */
    public JsonNode post(String path, String contentType, byte[] body, Map<String, String> headers)
            throws InterruptedException {
        HttpRequest.Builder request = request(path).header("content-type", contentType);
        headers.forEach(request::header);
        return send(path, request.POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    private HttpRequest.Builder request(String path) {
        try {
            return HttpRequest.newBuilder(URI.create(base + path)).timeout(ANSWER);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(
                    base + " is no URL of a " + service + " (expected: one such as http://localhost:8081)");
        }
    }

    private JsonNode send(String path, HttpRequest.Builder request) throws InterruptedException {
        try {
            HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new CommandFailure(
                        ExitCode.FAILED,
                        "the " + service + " answered " + answer.statusCode() + ": "
                                + ApiErrors.message(answer.body()));
            }
            return Json.MAPPER.readTree(answer.body());
        } catch (IOException e) {
            throw CommandFailure.notReady(
                    "no " + service + " at " + base + " (" + e.getClass().getSimpleName() + ")");
        } catch (JacksonException e) {
            throw CommandFailure.notReady(base + path + " is no " + service + ": the answer is no JSON");
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
