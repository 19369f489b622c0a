package io.llmd.kvindex.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.ingest.direct.PoolSettings;
import io.llmd.kvindex.ingest.DirectPool;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.Disposable;
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
