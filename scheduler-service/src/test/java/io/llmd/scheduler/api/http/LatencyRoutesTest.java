package io.llmd.scheduler.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.latency.LatencyEvents;
import io.llmd.scheduler.latency.OnlineLatencyPredictors;
import io.llmd.scheduler.latency.PredictorService;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.WebTestClient;

class LatencyRoutesTest {

    private static final OnlineLatencyPredictors PREDICTORS =
            new OnlineLatencyPredictors(Runnable::run, LatencyEvents.NONE, () -> 0);

    private final WebTestClient client = WebTestClient.bindToRouterFunction(new LatencyRoutes(
                            new PredictorService(() -> PREDICTORS.named("forecast"), 100, () -> Instant.EPOCH))
                    .routes())
            .build();

    @ParameterizedTest
    @CsvSource({
        "POST, /latency/add_training_data_bulk, {\"entries\":[]}, 202",
        "POST, /latency/predict, {}, 422",
        "POST, /latency/predict/bulk, {\"requests\":[]}, 200",
        "POST, /latency/predict/bulk/strict, {\"requests\":[]}, 200",
        "POST, /latency/flush, '', 200",
        "POST, /latency/reload, '', 200",
        "GET, /latency/healthz, '', 200",
        "GET, /latency/readyz, '', 503",
        "GET, /latency/status, '', 200",
        "GET, /latency/data/status, '', 200",
        "GET, /latency/models/list, '', 404",
    })
    void eachPathAnswersAsThatOfTheServers(String method, String path, String body, int status) {
        byte[] answer = client.method(HttpMethod.valueOf(method))
                .uri(path)
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(body)
                .exchange()
                .expectStatus()
                .isEqualTo(status)
                .expectBody()
                .returnResult()
                .getResponseBody();
        if (status != 404) {
            assertThat(answer).startsWith('{');
        }
    }
}
