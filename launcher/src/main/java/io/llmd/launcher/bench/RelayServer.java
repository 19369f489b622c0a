package io.llmd.launcher.bench;

import io.netty.handler.codec.http.HttpHeaderNames;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.reactivestreams.Publisher;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/**
 * What Reactor Netty costs by itself: relays every request to the endpoints in turn, streaming both ways, and does nothing
 * else. Runs as a process of its own: {@code RelayServer PORT ENDPOINT_PORT...}.
 */
final class RelayServer {

    private static final int EVENT_LOOPS = 2;

    private final HttpClient client;
    private final String[] endpoints;
    private final AtomicInteger next = new AtomicInteger();

    private RelayServer(HttpClient client, String[] endpoints) {
        this.client = client;
        this.endpoints = endpoints;
    }

    private Publisher<Void> relay(HttpServerRequest request, HttpServerResponse response) {
        String endpoint = endpoints[Math.floorMod(next.getAndIncrement(), endpoints.length)];
        return client.headers(headers ->
                        headers.set(request.requestHeaders()).set(HttpHeaderNames.HOST, "127.0.0.1:" + endpoint))
                .request(request.method())
                .uri("http://127.0.0.1:" + endpoint + request.uri())
                .send(request.receive().retain())
                .response((answer, body) -> response.status(answer.status())
                        .headers(answer.responseHeaders())
                        .send(body.retain(), buffer -> true));
    }

    public static void main(String[] args) {
        QuietLogs.warningsOnly();
        LoopResources loops = LoopResources.create("relay", EVENT_LOOPS, true);
        ConnectionProvider pool = ConnectionProvider.builder("relay")
                .maxConnections(4096)
                .pendingAcquireTimeout(Duration.ofSeconds(10))
                .build();
        RelayServer relay =
                new RelayServer(HttpClient.create(pool).runOn(loops), Arrays.copyOfRange(args, 1, args.length));
        HttpServer.create()
                .host("127.0.0.1")
                .port(Integer.parseInt(args[0]))
                .runOn(loops)
                .handle(relay::relay)
                .bindNow()
                .onDispose()
                .block();
    }
}
