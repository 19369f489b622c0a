package io.llmd.launcher.up;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;

/** Requests that the endpoints work on, as their own metrics say. */
final class InFlight {

    private static final Duration TIMEOUT = Duration.ofSeconds(1);

    private InFlight() {}

    /** Sum over all endpoints that answer. */
    static long count(List<String> endpointUrls) throws InterruptedException {
        long total = 0;
        try (HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(TIMEOUT)
                .build()) {
            for (String url : endpointUrls) {
                total += count(client, url);
            }
        }
        return total;
    }

    private static long count(HttpClient client, String url) throws InterruptedException {
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/metrics"))
                    .timeout(TIMEOUT)
                    .build();
            return sum(
                    client.send(request, HttpResponse.BodyHandlers.ofString()).body());
        } catch (IOException e) {
            return 0;
        }
    }

    /** Running and waiting requests in an exposition of metrics. */
    static long sum(String metrics) {
        return (long) metrics.lines()
                .filter(line ->
                        line.startsWith("vllm:num_requests_running{") || line.startsWith("vllm:num_requests_waiting{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
