package io.llmd.launcher.explain;

import io.llmd.launcher.home.ApiErrors;
import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.home.RunFile;
import io.llmd.launcher.home.RunState;
import io.llmd.launcher.home.RunStatus;
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

/** The scheduler's questions and answers over HTTP. */
final class SchedulerApi {

    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration ANSWER = Duration.ofSeconds(30);

    private final URI base;

    private SchedulerApi(URI base) {
        this.base = base;
    }

    /** The scheduler at {@code url}, or that of the running suite. */
    static SchedulerApi at(@Nullable URI url) {
        return new SchedulerApi(url != null ? url : ofSuite(running()));
    }

    /** The running suite, null when there is none. */
    static @Nullable RunState running() {
        return new RunFile(LlmdHome.current()).status() instanceof RunStatus.Running(RunState state) ? state : null;
    }

    private static URI ofSuite(@Nullable RunState running) {
        if (running != null) {
            for (RunState.Part part : running.parts()) {
                if (part.name().equals("scheduler")) {
                    return URI.create(part.url());
                }
            }
        }
        throw CommandFailure.notReady(
                "no suite is running; start one with './llmd up', or name a scheduler with --url");
    }

    JsonNode get(String path) throws InterruptedException {
        return send(request(path).GET());
    }

    JsonNode post(String path, String contentType, byte[] body, Map<String, String> headers)
            throws InterruptedException {
        HttpRequest.Builder request = request(path).header("content-type", contentType);
        headers.forEach(request::header);
        return send(request.POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    /** A part of a path or query. */
    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private HttpRequest.Builder request(String path) {
        try {
            return HttpRequest.newBuilder(URI.create(base.toString().replaceAll("/+$", "") + path))
                    .timeout(ANSWER);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage("--url: " + base + " (expected: a URL such as http://localhost:8081)");
        }
    }

    private JsonNode send(HttpRequest.Builder request) throws InterruptedException {
        try (HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT)
                .build()) {
            HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new CommandFailure(
                        ExitCode.FAILED,
                        "the scheduler answered " + answer.statusCode() + ": " + ApiErrors.message(answer.body()));
            }
            return Json.MAPPER.readTree(answer.body());
        } catch (IOException e) {
            throw CommandFailure.notReady(
                    "no scheduler at " + base + " (" + e.getClass().getSimpleName() + ")");
        } catch (JacksonException e) {
            throw CommandFailure.notReady(base + " is no scheduler: " + e.getMessage());
        }
    }
}
