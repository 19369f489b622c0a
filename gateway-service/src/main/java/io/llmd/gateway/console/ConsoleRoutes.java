package io.llmd.gateway.console;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/** The pages of the console and what they ask for, all behind the {@link Gate}. */
public final class ConsoleRoutes {

    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final int LISTED = 200;

    private final ConsoleSettings settings;
    private final Gate gate;
    private final Assets assets = new Assets();
    private final PageWriter pages;
    private final Feed feed;
    private final OwnState own;
    private final Peers peers;
    private final Relay relay;
    private final OperatorRoutes operator;
    private final RequestFinder finder;
    private final JsonMapper json;

    ConsoleRoutes(
            ConsoleSettings settings,
            Gate gate,
            Feed feed,
            OwnState own,
            Peers peers,
            Relay relay,
            OperatorRoutes operator,
            RequestFinder finder,
            JsonMapper json) {
        this.settings = settings;
        this.gate = gate;
        this.pages = new PageWriter(assets.base(), settings.isTrial(), !settings.isOpen());
        this.feed = feed;
        this.own = own;
        this.peers = peers;
        this.relay = relay;
        this.operator = operator;
        this.finder = finder;
        this.json = json;
    }

    private record Listed(int asked, int answered, List<RequestLog.Entry> requests) {}

    /** All routes. */
    public RouterFunction<ServerResponse> routes() {
        RouterFunctions.Builder routes = RouterFunctions.route();
        routes.GET("/console/assets/{version}/{*name}", assets::serve);
        routes.GET(
                "/console/login",
                request -> pages.login(request.queryParam("refused").isPresent()));
        routes.POST("/console/login", gate::logIn);
        routes.POST("/console/logout", gate::logOut);
        for (Page page : Page.values()) {
            routes.GET(page.path(), request -> pages.page(page, Gate.visitor(request)));
        }
        routes.GET(
                "/console/",
                request ->
                        ServerResponse.permanentRedirect(URI.create("/console")).build());
        routes.GET("/console/api/session", this::session);
        routes.GET("/console/api/feed", this::feed);
        routes.GET("/console/api/history", request -> ok(feed.timeline().columns()));
        routes.GET("/console/api/requests", this::list);
        routes.GET("/console/api/requests/{id}", this::find);
        routes.GET("/console/api/models", request -> ok(Map.of("models", own.models())));
        operator.addTo(routes);
        routes.route(RequestPredicates.path("/console/api/scheduler/**"), relay::toScheduler);
        routes.route(RequestPredicates.path("/console/api/kv-index/**"), relay::toKvIndex);
        routes.route(RequestPredicates.path("/console/api/autoscaler/**"), relay::toAutoscaler);
        routes.route(
                RequestPredicates.path("/console/**"),
                request -> Gate.refuse(HttpStatus.NOT_FOUND, "unknown_url", "nothing is at this path"));
        return routes.filter(gate).build();
    }

    private Mono<ServerResponse> session(ServerRequest request) {
        Visitor visitor = Gate.visitor(request);
        Map<String, Object> session = new LinkedHashMap<>();
        session.put("name", visitor.name());
        session.put("isOperator", visitor.isOperator());
        session.put("isTrial", settings.isTrial());
        session.put("chatKey", settings.isOpen() ? settings.chatKey() : null);
        return ok(session);
    }

    private Mono<ServerResponse> feed(ServerRequest request) {
        Flux<String> frames = feed.frames();
        if (frames == null) {
            return Gate.refuse(HttpStatus.SERVICE_UNAVAILABLE, "server_overloaded", "too many pages are open");
        }
        return ServerResponse.ok()
                .contentType(MediaType.TEXT_EVENT_STREAM)
                .header("x-accel-buffering", "no")
                .body(
                        frames.map(frame ->
                                ServerSentEvent.builder(frame).event("frame").build()),
                        ServerSentEvent.class);
    }

    /** The newest requests of all gateways that answer. */
    private Mono<ServerResponse> list(ServerRequest request) {
        return peers.requests(LISTED, TIMEOUT).flatMap(others -> {
            List<GatewayState> states = new ArrayList<>(List.of(own.state(0, LISTED)));
            others.stream()
                    .filter(state -> !state.instance().equals(states.getFirst().instance()))
                    .forEach(states::add);
            List<RequestLog.Entry> newest = states.stream()
                    .flatMap(state -> state.entries().stream())
                    .sorted(Comparator.comparingLong(RequestLog.Entry::endedAt).reversed())
                    .limit(LISTED)
                    .toList();
            return ok(new Listed(Math.max(1, peers.all().size()), states.size(), newest));
        });
    }

    /** What the gateways and their schedulers know of one request. */
    private Mono<ServerResponse> find(ServerRequest request) {
        return finder.findAnywhere(request.pathVariable("id")).flatMap(this::ok);
    }

    private Mono<ServerResponse> ok(Object value) {
        return ServerResponse.ok().contentType(MediaType.APPLICATION_JSON).bodyValue(json.writeValueAsBytes(value));
    }
}
