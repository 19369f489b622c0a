package io.llmd.scheduler.api.http;

import io.llmd.scheduler.latency.PredictorService;
import io.llmd.scheduler.latency.PredictorService.Answer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/**
 * llm-d's prediction and training servers under {@code /latency}. Ten thousand rows, the most that a call may have, are predicted
 * within milliseconds, on the thread that has read them.
 */
public final class LatencyRoutes {

    private static final String BASE = "/latency";
    private static final int MAX_BODY_BYTES = 8 << 20;
    private static final int TOO_LARGE = 413;
    private static final byte[] TOO_LARGE_JSON =
            "{\"detail\":\"the body is too large\"}".getBytes(StandardCharsets.UTF_8);

    private final PredictorService predictor;

    /** Routes to {@code predictor}. */
    public LatencyRoutes(PredictorService predictor) {
        this.predictor = Objects.requireNonNull(predictor, "predictor");
    }

    /** All routes. */
    public RouterFunction<ServerResponse> routes() {
        return RouterFunctions.route()
                .POST(BASE + "/add_training_data_bulk", with(predictor::learn))
                .POST(BASE + "/predict", with(predictor::predict))
                .POST(BASE + "/predict/bulk", with(body -> predictor.predictAll(body, false)))
                .POST(BASE + "/predict/bulk/strict", with(body -> predictor.predictAll(body, true)))
                .POST(BASE + "/flush", request -> answer(predictor::done))
                .POST(BASE + "/reload", request -> answer(predictor::done))
                .GET(BASE + "/healthz", request -> answer(predictor::healthy))
                .GET(BASE + "/readyz", request -> answer(predictor::ready))
                .GET(BASE + "/status", request -> answer(predictor::status))
                .GET(BASE + "/data/status", request -> answer(predictor::status))
                .build();
    }

    private static HandlerFunction<ServerResponse> with(Function<byte[], Answer> work) {
        return request -> body(request)
                .flatMap(bytes -> answer(() -> work.apply(bytes)))
                .onErrorResume(
                        DataBufferLimitException.class, e -> answer(() -> new Answer(TOO_LARGE, TOO_LARGE_JSON)));
    }

    private static Mono<byte[]> body(ServerRequest request) {
        return DataBufferUtils.join(request.exchange().getRequest().getBody(), MAX_BODY_BYTES)
                .map(BodyBytes::of)
                .defaultIfEmpty(new byte[0]);
    }

    private static Mono<ServerResponse> answer(Supplier<Answer> work) {
        Answer answer = work.get();
        return ServerResponse.status(answer.status())
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(answer.json());
    }
}
