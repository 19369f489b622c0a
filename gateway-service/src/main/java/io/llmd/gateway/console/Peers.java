package io.llmd.gateway.console;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.json.JsonMapper;

/** The other gateways of the pool. Their names are looked up again now and then, because replicas come and go. */
final class Peers {

    private static final int LOOKUP_TICKS = 10;
    private static final int OK = 200;
    private static final String PATH = "/actuator/console";

    private final List<URI> names;
    private final WebClient client;
    private final JsonMapper json;
    private final Map<URI, Watched<GatewayState>> watched = new ConcurrentHashMap<>();
    private int ticks;

    Peers(List<URI> names, WebClient client, JsonMapper json) {
        this.names = names;
        this.client = client;
        this.json = json;
    }

    /** Asks all of them; called each second by one thread. */
    void ask(LongSupplier millis) {
        if (ticks++ % LOOKUP_TICKS == 0) {
            names.forEach(this::lookUp);
        }
        watched.values().forEach(each -> each.ask(millis));
    }

    private void lookUp(URI name) {
        Mono.fromCallable(() -> addresses(name))
                .subscribeOn(Schedulers.boundedElastic())
                .onErrorReturn(List.of(name))
                .subscribe(addresses -> settle(name, addresses));
    }

    private void settle(URI name, List<URI> addresses) {
        // One that is no address of its name any more was taken away on purpose; it is not gone.
        watched.keySet().removeIf(known -> known.getPort() == name.getPort() && !isListed(known, name, addresses));
        addresses.forEach(address -> watched.computeIfAbsent(address, this::watch));
    }

    private boolean isListed(URI known, URI name, List<URI> addresses) {
        boolean isOfAnother =
                names.stream().anyMatch(other -> !other.equals(name) && other.getPort() == name.getPort());
        return isOfAnother || addresses.contains(known);
    }

    private static List<URI> addresses(URI name) throws UnknownHostException {
        List<URI> all = new ArrayList<>();
        for (InetAddress address : InetAddress.getAllByName(name.getHost())) {
            String host = address.getHostAddress();
            all.add(URI.create(
                    name.getScheme() + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + name.getPort()));
        }
        return all;
    }

    private Watched<GatewayState> watch(URI address) {
        Service gateway = new Service("gateway", address, client, null);
        return new Watched<>(address.getAuthority(), address.toString(), timeout -> state(gateway, timeout));
    }

    private Mono<GatewayState> state(Service gateway, Duration timeout) {
        return gateway.get(PATH, timeout).map(answer -> {
            if (answer.status() != OK) {
                throw new IllegalStateException("answers " + answer.status() + " (expected: 200; is its console on?)");
            }
            return json.readValue(answer.body(), GatewayState.class);
        });
    }

    /** All that are known. */
    List<Watched<GatewayState>> all() {
        return List.copyOf(watched.values());
    }

    /** The newest requests of all of them. */
    Mono<List<GatewayState>> requests(int limit, Duration timeout) {
        return ask(PATH + "?limit=" + limit, GatewayState.class, timeout).collectList();
    }

    /**
     * What they know of one request.
     *
     * @param encodedId its id as a part of a path
     */
    Flux<RequestFinder.Found> find(String encodedId, Duration timeout) {
        return ask(PATH + "/" + encodedId, RequestFinder.Found.class, timeout);
    }

    /** Asks all that are up, and leaves out those that do not answer. */
    private <T> Flux<T> ask(String path, Class<T> type, Duration timeout) {
        List<Mono<T>> questions = watched.values().stream()
                .filter(Watched::isUp)
                .map(each -> new Service("gateway", URI.create(each.part().address()), client, null))
                .map(gateway -> gateway.get(path, timeout)
                        .filter(answer -> answer.status() == OK)
                        .map(answer -> json.readValue(answer.body(), type))
                        .onErrorComplete())
                .toList();
        return Flux.merge(questions);
    }
}
