package io.llmd.launcher.up;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

/** Requests that the endpoints work on, as their own metrics say. */
final class InFlight {

    private static final Duration TIMEOUT = Duration.ofSeconds(1);

    private InFlight() {}

    /** Sum over all endpoints that answer. */
    static long count(List<String> endpointUrls) throws InterruptedException {
        long total = 0;
        try (HttpClient client = client()) {
            for (String url : endpointUrls) {
                total += ask(client, url).orElse(0);
            }
        }
        return total;
    }

    /** Requests of one endpoint; empty when it does not say, which is not the same as none. */
    static OptionalLong of(String endpointUrl) throws InterruptedException {
        try (HttpClient client = client()) {
            return ask(client, endpointUrl);
        }
    }

    private static HttpClient client() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(TIMEOUT)
                .build();
    }

    private static OptionalLong ask(HttpClient client, String url) throws InterruptedException {
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/metrics"))
                    .timeout(TIMEOUT)
                    .build();
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            return response.statusCode() == 200 ? OptionalLong.of(sum(response.body())) : OptionalLong.empty();
        } catch (IOException | NumberFormatException e) {
            return OptionalLong.empty();
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
