package io.llmd.gateway.console;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.dispatch.EndpointDirectory;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The fault switches of simulated endpoints. Thread-safe. */
final class Faults {

    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final String PATH = "/admin/config";
    private static final int OK = 200;

    /**
     * An endpoint.
     *
     * @param endpoint its id
     * @param faults what is switched on, as it says; null when it does not answer or cannot fail on purpose
     * @param reason why there is nothing; null when there is
     */
    record OfEndpoint(
            String endpoint,
            @Nullable JsonNode faults,
            @Nullable String reason) {}

    /**
     * A change.
     *
     * @param endpoint id of the endpoint; all of them when null
     * @param faults fields to change; null switches one off
     */
    record Change(@Nullable String endpoint, JsonNode faults) {
        Change {
            Objects.requireNonNull(faults, "faults: missing (expected: an object)");
        }
    }

    private final EndpointDirectory directory;
    private final WebClient client;
    private final JsonMapper json;

    Faults(EndpointDirectory directory, WebClient client, JsonMapper json) {
        this.directory = directory;
        this.client = client;
        this.json = json;
    }

    Mono<List<OfEndpoint>> all() {
        return Flux.fromIterable(directory.endpoints())
                .flatMapSequential(endpoint -> ask(endpoint, HttpMethod.GET, null))
                .collectList();
    }

    Mono<List<OfEndpoint>> change(Change change) {
        List<TargetEndpoint> wanted = directory.endpoints().stream()
                .filter(endpoint -> change.endpoint() == null || endpoint.id().equals(change.endpoint()))
                .toList();
        if (wanted.isEmpty()) {
            return Mono.error(new IllegalArgumentException(
                    "endpoint: " + change.endpoint() + " (expected: the id of an endpoint of the pool)"));
        }
        byte[] body = json.writeValueAsBytes(change.faults());
        return Flux.fromIterable(wanted)
                .flatMapSequential(endpoint -> ask(endpoint, HttpMethod.POST, body))
                .collectList();
    }

    private Mono<OfEndpoint> ask(TargetEndpoint endpoint, HttpMethod method, byte @Nullable [] body) {
        Service simulator = new Service("endpoint", URI.create("http://" + endpoint.hostPort()), client, null);
        return simulator
                .ask(method, PATH, body, MediaType.APPLICATION_JSON, Map.of(), TIMEOUT)
                .map(answer -> answer.status() == OK
                        ? new OfEndpoint(endpoint.id(), json.readTree(answer.body()), null)
                        : new OfEndpoint(endpoint.id(), null, reason(answer)))
                .onErrorReturn(new OfEndpoint(endpoint.id(), null, "does not answer"));
    }

    private String reason(Service.Answer answer) {
        if (answer.status() == 404) {
            return "is no simulated endpoint";
        }
        try {
            return json.readTree(answer.body()).path("error").path("message").asString("answers " + answer.status());
        } catch (RuntimeException e) {
            return "answers " + answer.status();
        }
    }
}
