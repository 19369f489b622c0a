package io.llmd.gateway.console;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.llmd.gateway.observe.RequestRecord;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Finds what is known of one request: here, at the scheduler, and at the other gateways with their schedulers. Thread-safe. */
final class RequestFinder {

    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    /** Requests that are looked at for what was usual, the newest first. */
    private static final int MOST_OTHERS = 5_000;

    private static final long AROUND_MILLIS = 60_000;

    /**
     * What is known.
     *
     * @param requests the requests with this id, oldest first, when they are over
     * @param decisions what the scheduler recorded, null when it did not
     * @param missing why there are no decisions, null when there are
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Found(
            List<Told> requests,
            @Nullable JsonNode decisions,
            @Nullable String missing) {
        Found {
            requests = List.copyOf(requests);
        }
    }

    /**
     * A request that is over.
     *
     * @param number rises in the order in which requests ended at their gateway
     * @param startedAt when its head came, milliseconds since 1970
     * @param request the request
     * @param findings what stands out, that which cost the most first
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Told(long number, long startedAt, RequestRecord request, List<Findings.Finding> findings) {
        Told {
            findings = List.copyOf(findings);
        }
    }

    private final RequestLog requests;
    private final Service scheduler;
    private final Peers peers;
    private final JsonMapper json;

    RequestFinder(RequestLog requests, Service scheduler, Peers peers, JsonMapper json) {
        this.requests = requests;
        this.scheduler = scheduler;
        this.peers = peers;
        this.json = json;
    }

    /** What this gateway knows, or one of the others when it knows nothing. */
    Mono<Found> findAnywhere(String id) {
        return find(id).flatMap(own -> own.requests().isEmpty() ? findElsewhere(id, own) : Mono.just(own));
    }

    private Mono<Found> findElsewhere(String id, Found own) {
        return peers.find(encoded(id), TIMEOUT)
                .filter(found -> !found.requests().isEmpty())
                .next()
                .defaultIfEmpty(own);
    }

    /** What this gateway and its scheduler know. */
    Mono<Found> find(String id) {
        return scheduler
                .get("/v1/decisions/" + encoded(id), TIMEOUT)
                .onErrorReturn(new Service.Answer(0, MediaType.APPLICATION_JSON, new byte[0]))
                .map(answer -> found(id, answer));
    }

    private Found found(String id, Service.Answer answer) {
        JsonNode decisions = answer.status() == HttpStatus.OK.value() ? json.readTree(answer.body()) : null;
        JsonNode attempts = decisions == null ? json.createArrayNode() : decisions.path("attempts");
        List<Told> told = requests.find(id).stream()
                .map(entry -> new Told(
                        entry.number(),
                        entry.startedAt(),
                        entry.request(),
                        Findings.of(entry.request(), attempts, around(entry))))
                .toList();
        return new Found(told, decisions, decisions != null ? null : missing(answer.status()));
    }

    private List<RequestRecord> around(RequestLog.Entry entry) {
        ToLongFunction<RequestLog.Entry> distance = other -> Math.abs(other.startedAt() - entry.startedAt());
        return requests.after(0, MOST_OTHERS).stream()
                .filter(other -> distance.applyAsLong(other) <= AROUND_MILLIS)
                .sorted(Comparator.comparingLong(distance))
                .map(RequestLog.Entry::request)
                .toList();
    }

    private static String encoded(String id) {
        return URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String missing(int status) {
        return status == HttpStatus.NOT_FOUND.value()
                ? "The scheduler has no record of a decision about this request: it was refused before, it is too old, or"
                        + " it was not one of the recorded sample."
                : "The scheduler does not answer, so the decision cannot be shown.";
    }
}
