package io.llmd.gateway.console;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;

/** Another service over HTTP. Thread-safe. */
final class Service {

    private static final String NOBODY = "http://none.invalid";

    /**
     * What it answered.
     *
     * @param status status
     * @param type media type
     * @param body body, empty when there was none
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    record Answer(int status, MediaType type, byte[] body) {}

    private final String name;
    private final @Nullable URI base;
    private final WebClient client;
    private final @Nullable String key;

    /**
     * A service.
     *
     * @param base where it is; null when there is none
     * @param key sent as bearer token; null for none
     */
    Service(String name, @Nullable URI base, WebClient client, @Nullable String key) {
        this.name = name;
        this.base = base;
        this.client = client;
        this.key = key;
    }

    String name() {
        return name;
    }

    boolean isThere() {
        return base != null;
    }

    String address() {
        return base == null ? "" : base.toString();
    }

    /**
     * Asks; an answer of any status is one.
     *
     * @param pathAndQuery path with query, encoded
     * @param body null for none
     * @param headers further headers
     */
    Mono<Answer> ask(
            HttpMethod method,
            String pathAndQuery,
            byte @Nullable [] body,
            @Nullable MediaType type,
            Map<String, String> headers,
            Duration timeout) {
        String root = base == null ? NOBODY : base.toString().replaceAll("/+$", "");
        WebClient.RequestBodySpec request = client.method(method).uri(URI.create(root + pathAndQuery));
        headers.forEach(request::header);
        if (key != null) {
            request.header(HttpHeaders.AUTHORIZATION, "Bearer " + key);
        }
        if (body != null) {
            request.contentType(Objects.requireNonNullElse(type, MediaType.APPLICATION_JSON))
                    .bodyValue(body);
        }
        return request.exchangeToMono(response -> {
                    HttpStatusCode status = response.statusCode();
                    MediaType answered = response.headers().contentType().orElse(MediaType.APPLICATION_OCTET_STREAM);
                    return response.bodyToMono(byte[].class)
                            .defaultIfEmpty(new byte[0])
                            .map(bytes -> new Answer(status.value(), answered, bytes));
                })
                .timeout(timeout);
    }

    /** Asks for JSON. */
    Mono<Answer> get(String pathAndQuery, Duration timeout) {
        return ask(HttpMethod.GET, pathAndQuery, null, null, Map.of(), timeout);
    }
}
