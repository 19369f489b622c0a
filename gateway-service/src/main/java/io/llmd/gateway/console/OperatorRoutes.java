package io.llmd.gateway.console;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What operators may do and see: drain, keys, faults, load, settings. Behind the {@link Gate}. */
final class OperatorRoutes {

    private static final String NO_TRIAL = "only in a trial (gateway.console.trial)";

    private final ConsoleSettings settings;
    private final Gate gate;
    private final Feed feed;
    private final OwnState own;
    private final Keys keys;
    private final Faults faults;
    private final @Nullable LoadLab load;
    private final Settings configuration;
    private final JsonMapper json;

    /** @param load makes load; null where nobody can */
    OperatorRoutes(
            ConsoleSettings settings,
            Gate gate,
            Feed feed,
            OwnState own,
            Keys keys,
            Faults faults,
            @Nullable LoadLab load,
            Settings configuration,
            JsonMapper json) {
        this.settings = settings;
        this.gate = gate;
        this.feed = feed;
        this.own = own;
        this.keys = keys;
        this.faults = faults;
        this.load = load;
        this.configuration = configuration;
        // A number that a wish leaves out is 0.
        this.json = json.rebuild()
                .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .build();
    }

    /**
     * A wish to drain an endpoint.
     *
     * @param endpoint its id
     * @param minutes for how long; 0 takes it back
     */
    private record Drain(String endpoint, int minutes) {
        private static final int LONGEST = 24 * 60;

        Drain {
            if (endpoint == null || minutes < 0 || minutes > LONGEST) {
                throw new IllegalArgumentException("endpoint: " + endpoint + ", minutes: " + minutes
                        + " (expected: an id, and 0 to " + LONGEST + ")");
            }
        }
    }

    void addTo(RouterFunctions.Builder routes) {
        routes.POST("/console/api/endpoints/drain", request -> gate.operator(request, this::drain));
        routes.GET("/console/api/keys", request -> ok(Map.of("keys", keys.all())));
        routes.POST("/console/api/keys", request -> gate.operator(request, this::changeKeys));
        routes.GET(
                "/console/api/faults",
                request -> trial(request, all -> faults.all().flatMap(this::ok)));
        routes.POST(
                "/console/api/faults",
                request -> gate.operator(request, operator -> trial(operator, this::changeFaults)));
        routes.GET("/console/api/load", request -> trial(request, this::loadState));
        routes.POST(
                "/console/api/load/start",
                request -> gate.operator(request, operator -> trial(operator, this::startLoad)));
        routes.POST(
                "/console/api/load/stop",
                request -> gate.operator(request, operator -> trial(operator, this::stopLoad)));
        routes.GET("/console/api/config", request -> ok(Map.of("settings", configuration.all())));
        routes.GET("/console/api/about", request -> ok(about()));
    }

    private Mono<ServerResponse> trial(ServerRequest request, Function<ServerRequest, Mono<ServerResponse>> then) {
        return settings.isTrial() ? then.apply(request) : Gate.refuse(HttpStatus.FORBIDDEN, "no_trial", NO_TRIAL);
    }

    private Mono<ServerResponse> drain(ServerRequest request) {
        return with(request, Drain.class, wanted -> {
            if (!own.rest(wanted.endpoint(), Duration.ofMinutes(wanted.minutes()))) {
                return Gate.refuse(
                        HttpStatus.NOT_FOUND,
                        "unknown_endpoint",
                        wanted.endpoint() + ": the pool has no such endpoint");
            }
            String who = Gate.visitor(request).name();
            feed.note(
                    wanted.minutes() == 0
                            ? wanted.endpoint() + " is taken back by " + who + "."
                            : wanted.endpoint() + " is drained for " + wanted.minutes() + " min by " + who + ".");
            return ServerResponse.noContent().build();
        });
    }

    private Mono<ServerResponse> changeKeys(ServerRequest request) {
        return with(
                request,
                Keys.Wish.class,
                wish -> Mono.fromCallable(() -> keys.change(wish))
                        .subscribeOn(Schedulers.boundedElastic())
                        .doOnNext(done -> feed.note(done.text()))
                        .flatMap(this::ok)
                        .onErrorResume(
                                IOException.class,
                                e -> Gate.refuse(
                                        HttpStatus.CONFLICT,
                                        "not_writable",
                                        "the key file cannot be written here; change it where it is managed")));
    }

    private Mono<ServerResponse> changeFaults(ServerRequest request) {
        return with(
                request,
                Faults.Change.class,
                change -> faults.change(change).flatMap(changed -> {
                    String where = change.endpoint() == null ? "all endpoints" : change.endpoint();
                    feed.note("Faults of " + where + " are changed: " + change.faults() + ".");
                    return ok(changed);
                }));
    }

    private Mono<ServerResponse> loadState(ServerRequest request) {
        LoadLab lab = load;
        return lab == null
                ? Gate.refuse(
                        HttpStatus.SERVICE_UNAVAILABLE, "not_configured", "no load generator belongs to this gateway")
                : Mono.fromCallable(lab::state)
                        .subscribeOn(Schedulers.boundedElastic())
                        .flatMap(state -> ServerResponse.ok()
                                .contentType(MediaType.APPLICATION_JSON)
                                .bodyValue(state));
    }

    private Mono<ServerResponse> startLoad(ServerRequest request) {
        LoadLab lab = load;
        String key = settings.chatKey();
        InetSocketAddress here = request.exchange().getRequest().getLocalAddress();
        if (lab == null || key == null || here == null) {
            return Gate.refuse(
                    HttpStatus.SERVICE_UNAVAILABLE,
                    "not_configured",
                    "load needs gateway.console.chat-key and a generator");
        }
        return with(
                request,
                LoadLab.Plan.class,
                plan -> Mono.fromCallable(() -> {
                            lab.start(URI.create("http://127.0.0.1:" + here.getPort()), key, plan);
                            return lab.state();
                        })
                        .subscribeOn(Schedulers.boundedElastic())
                        .flatMap(state -> ServerResponse.ok()
                                .contentType(MediaType.APPLICATION_JSON)
                                .bodyValue(state)));
    }

    private Mono<ServerResponse> stopLoad(ServerRequest request) {
        LoadLab lab = load;
        if (lab != null) {
            lab.stop();
        }
        return ServerResponse.noContent().build();
    }

    private Map<String, Object> about() {
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("version", version());
        about.put("java", Runtime.version().toString());
        about.put("profiles", configuration.profiles());
        about.put("managementPort", configuration.managementPort());
        about.put("login", settings.isOpen() ? "none" : "keys");
        about.put("trial", settings.isTrial());
        about.put("scheduler", settings.scheduler().toString());
        about.put("kvIndex", text(settings.kvIndex()));
        about.put("autoscaler", text(settings.autoscaler()));
        about.put("configServer", text(settings.configServer()));
        about.put("grafana", text(settings.grafana()));
        about.put("peers", settings.peers());
        return about;
    }

    private static @Nullable String text(@Nullable URI uri) {
        return uri == null ? null : uri.toString();
    }

    private static String version() {
        String version = OperatorRoutes.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    private <T> Mono<ServerResponse> with(
            ServerRequest request, Class<T> type, Function<T, Mono<ServerResponse>> then) {
        return request.bodyToMono(String.class)
                .switchIfEmpty(Mono.just(""))
                .map(body -> json.readValue(body, type))
                .flatMap(then)
                .onErrorResume(JacksonException.class, OperatorRoutes::badBody)
                .onErrorResume(IllegalArgumentException.class, OperatorRoutes::badBody);
    }

    private static Mono<ServerResponse> badBody(Throwable failure) {
        Throwable cause = failure.getCause() instanceof RuntimeException inner ? inner : failure;
        return Gate.refuse(HttpStatus.BAD_REQUEST, "invalid_value", String.valueOf(cause.getMessage()));
    }

    private Mono<ServerResponse> ok(Object value) {
        return ServerResponse.ok().contentType(MediaType.APPLICATION_JSON).bodyValue(json.writeValueAsBytes(value));
    }
}
