package io.llmd.kvindex.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.kv.ingest.direct.PoolSettings;
import io.llmd.kv.ingest.zmq.ZmqAddress;
import io.llmd.kvindex.FakeEngine;
import io.llmd.kvindex.ingest.DirectPool;
import io.llmd.kvindex.ingest.EngineSource;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.codec.HttpMessageWriter;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.web.reactive.function.server.HandlerStrategies;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.reactive.result.view.ViewResolver;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Clients that take their time cost one another nothing but an answer, and end. */
class SnapshotRoutesTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final DirectPool pool = new DirectPool(PoolSettings.DEFAULT, Duration.ZERO, System::nanoTime);

    @AfterEach
    void close() {
        pool.close();
    }

    @Test
    void oneSnapshotIsTakenAtATime() {
        SnapshotRoutes routes = new SnapshotRoutes(pool, 1000, LIMIT);
        Disposable upload = routes.restore(upload(Flux.never())).subscribe();

        assertThat(status(routes.download())).isEqualTo(429);
        assertThat(status(routes.restore(upload(Flux.never())))).isEqualTo(429);
        upload.dispose();
        assertThat(status(routes.download())).isEqualTo(200);
        assertThat(status(routes.restore(upload(Flux.empty()))))
                .as("no snapshot")
                .isEqualTo(400);
        assertThat(status(routes.download())).isEqualTo(200);
    }

    @Test
    void aClientThatSendsNothingIsLeft() {
        SnapshotRoutes routes = new SnapshotRoutes(pool, 1000, Duration.ofMillis(10));

        assertThat(status(routes.restore(upload(Flux.never())))).isEqualTo(408);
        assertThat(status(routes.download())).as("free again").isEqualTo(200);
    }

    @Test
    void aClientThatReadsNothingIsLeft() {
        long[] hashes = LongStream.rangeClosed(1, 6_000).toArray();
        try (FakeEngine engine = new FakeEngine();
                DirectPool own = new DirectPool(
                        PoolSettings.DEFAULT.withModel("m").withBlockTokens(FakeEngine.BLOCK),
                        Duration.ZERO,
                        System::nanoTime)) {
            engine.store(null, 1, hashes);
            own.follow(List.of(new EngineSource("a", 0, loopback(engine.port()), loopback(engine.replayPort()))));
            await("more than a piece is known").until(() -> own.index().blocks() == hashes.length);
            SnapshotRoutes routes = new SnapshotRoutes(own, 1000, Duration.ofMillis(300));
            MockServerWebExchange exchange = MockServerWebExchange.from(MockServerHttpRequest.get("/v1/snapshot"));
            exchange.getResponse().setWriteHandler(body -> {
                body.subscribe(new Idle());
                return Mono.never();
            });
            ServerResponse response = routes.download().block(LIMIT);
            assertThat(response).isNotNull();

            Disposable download = response.writeTo(exchange, new Codecs()).subscribe();

            assertThat(status(routes.download())).as("while it may go on").isEqualTo(429);
            await("the next one is let in").until(() -> status(routes.restore(upload(Flux.empty()))) == 400);
            download.dispose();
        }
    }

    private static ZmqAddress loopback(int port) {
        return new ZmqAddress("127.0.0.1", port);
    }

    /** Asks for nothing. */
    private static final class Idle extends BaseSubscriber<DataBuffer> {

        @Override
        protected void hookOnSubscribe(Subscription subscription) {}
    }

    private static final class Codecs implements ServerResponse.Context {

        private final HandlerStrategies strategies = HandlerStrategies.withDefaults();

        @Override
        public List<HttpMessageWriter<?>> messageWriters() {
            return strategies.messageWriters();
        }

        @Override
        public List<ViewResolver> viewResolvers() {
            return strategies.viewResolvers();
        }
    }

    private static ServerRequest upload(Flux<DataBuffer> body) {
        return ServerRequest.create(
                MockServerWebExchange.from(
                        MockServerHttpRequest.post("/v1/snapshot").body(body)),
                List.of());
    }

    private static int status(Mono<ServerResponse> answer) {
        ServerResponse response = answer.block(LIMIT);
        assertThat(response).isNotNull();
        return response.statusCode().value();
    }
}
