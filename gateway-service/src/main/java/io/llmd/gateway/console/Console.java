package io.llmd.gateway.console;

import io.llmd.gateway.access.AccessControl;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/** The console with its parts put together. */
public final class Console {

    private final Feed feed;
    private final RequestFinder finder;
    private final RouterFunction<ServerResponse> routes;

    /**
     * Puts the parts together.
     *
     * @param keyFile the key file, null when there is none
     * @param configuration settings of the gateway
     * @param load makes load, null where nobody can
     * @param client how other services are asked
     */
    public Console(
            ConsoleSettings settings,
            OwnState own,
            AccessControl access,
            @Nullable Path keyFile,
            Settings configuration,
            @Nullable LoadLab load,
            WebClient client,
            InstantSource clock) {
        JsonMapper json = JsonMapper.builder().build();
        SecureRandom random = new SecureRandom();
        Service scheduler = new Service("scheduler", settings.scheduler(), client, null);
        Service kvIndex = new Service("KV index", settings.kvIndex(), client, null);
        Service autoscaler = new Service("autoscaler", settings.autoscaler(), client, settings.autoscalerKey());
        Service configServer = new Service("config server", settings.configServer(), client, null);
        Peers peers = new Peers(settings.peers(), client, json);
        List<Watched<?>> services = new ArrayList<>();
        watch(services, kvIndex, settings.kvIndex(), "/v1/stats");
        watch(services, autoscaler, settings.autoscaler(), "/api/v1/holds");
        watch(services, configServer, settings.configServer(), "/");
        feed = new Feed(
                own,
                peers,
                new Watched<>(
                        "scheduler", settings.scheduler().toString(), timeout -> Pool.ask(scheduler, json, timeout)),
                services,
                clock,
                json);
        Gate gate = new Gate(
                settings,
                access,
                new Sessions(random, settings.sessionLength(), System::nanoTime),
                Sessions.secret(random));
        OperatorRoutes operator = new OperatorRoutes(
                settings,
                gate,
                feed,
                own,
                new Keys(keyFile, access, own.requests().keyUse(), random, clock),
                new Faults(own.directory(), client, json),
                load,
                configuration,
                json);
        Relay relay = new Relay(scheduler, kvIndex, autoscaler, gate);
        finder = new RequestFinder(own.requests(), scheduler, peers, json);
        routes = new ConsoleRoutes(settings, gate, feed, own, peers, relay, operator, finder, json).routes();
    }

    private static void watch(List<Watched<?>> services, Service service, @Nullable URI address, String path) {
        if (address != null) {
            services.add(new Watched<>(service.name(), address.toString(), timeout -> answers(service, path, timeout)));
        }
    }

    /** Any answer shows that it lives. */
    private static Mono<Integer> answers(Service service, String path, Duration timeout) {
        return service.get(path, timeout).map(Service.Answer::status);
    }

    public Feed feed() {
        return feed;
    }

    RequestFinder finder() {
        return finder;
    }

    public RouterFunction<ServerResponse> routes() {
        return routes;
    }
}
