package io.llmd.launcher.scale;

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
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** The autoscaler's answers over HTTP. Safe from any thread; {@link #close} ends what is under way. */
public final class AutoscalerApi implements AutoCloseable {

    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration ANSWER = Duration.ofSeconds(10);

    private final String base;
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();

    /** The autoscaler at a base URL. */
    public AutoscalerApi(URI url) {
        base = url.toString().replaceAll("/+$", "");
    }

    /** The autoscaler at {@code url}, or that of the running suite. */
    static AutoscalerApi at(@Nullable URI url) {
        if (url != null) {
            return new AutoscalerApi(url);
        }
        if (new RunFile(LlmdHome.current()).status() instanceof RunStatus.Running(RunState state)) {
            for (RunState.Part part : state.parts()) {
                if (part.name().equals("autoscaler")) {
                    return new AutoscalerApi(URI.create(part.url()));
                }
            }
        }
        throw CommandFailure.notReady(
                "no autoscaler is running; start one with './llmd up --with-autoscaler', or name" + " it with --url");
    }

    /** A part of a path or query. */
    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /**
     * What is at a path.
     *
     * @throws CommandFailure when it cannot be reached or says no
     */
    public JsonNode get(String path) throws InterruptedException {
        HttpRequest request;
        try {
            request = HttpRequest.newBuilder(URI.create(base + path))
                    .timeout(ANSWER)
                    .build();
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage("--url: " + base + " (expected: a URL such as http://localhost:8083)");
        }
        try {
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() == 200) {
                return Json.MAPPER.readTree(answer.body());
            }
            throw new CommandFailure(
                    ExitCode.FAILED, "the autoscaler says " + answer.statusCode() + ": " + detail(answer.body()));
        } catch (IOException e) {
            throw CommandFailure.notReady("no autoscaler answers at " + base + " (" + e.getMessage() + ")");
        } catch (JacksonException e) {
            throw new CommandFailure(ExitCode.FAILED, base + path + ": the answer is no JSON");
        }
    }

    private static String detail(String body) {
        try {
            return Json.MAPPER.readTree(body).path("detail").asString(body);
        } catch (JacksonException e) {
            return body.length() <= 200 ? body : body.substring(0, 200) + "…";
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
