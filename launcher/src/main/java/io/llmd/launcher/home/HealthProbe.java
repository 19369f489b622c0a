package io.llmd.launcher.home;

import io.llmd.launcher.terminal.CommandFailure;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Asks parts whether they are well. Thread-safe. */
public final class HealthProbe {

    private final HttpClient client;
    private final Duration timeout;

    /** @param timeout longest time of one question */
    public HealthProbe(Duration timeout) {
        this.timeout = timeout;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(timeout)
                .build();
    }

    /** @param text the status, or what stood in the way */
    public record Result(boolean isHealthy, String text) {}

    /** One question. */
    public Result ask(URI url) throws InterruptedException {
        HttpRequest request;
        try {
            request = HttpRequest.newBuilder(url).timeout(timeout).build();
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage("url: " + url + " (expected: http://HOST:PORT/PATH)");
        }
        try {
            int status =
                    client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
            return new Result(status == 200, String.valueOf(status));
        } catch (IOException e) {
            return new Result(false, "no answer (" + e.getClass().getSimpleName() + ")");
        }
    }
}
