package io.llmd.scheduler.latency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.latency.LatencySample.Kind;
import io.llmd.scheduler.latency.PredictorService.Answer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The contract of llm-d's prediction and training servers. */
class PredictorServiceTest {

    private static final String ROW = """
        {"kv_cache_percentage":0.3,"input_token_length":2000,"num_request_waiting":0,"num_request_running":4,
         "num_tokens_generated":1,"prefix_cache_score":0.5,"prefill_tokens_in_flight":1000,
         "decode_tokens_in_flight":0,"encoder_input_size":0,"encoder_matched_size":0,"pod_type":""}\
        """;
    private static final String WRONG = ROW.replace("0.3", "1.3");
    private static final LatencyFeatures FEATURES = new LatencyFeatures(0.3, 2000, 0, 4, 1, 0.5, 1000, 0, 0, "");

    private final OnlineLatencyPredictor predictor =
            new OnlineLatencyPredictors(Runnable::run, LatencyEvents.NONE, () -> 0).named("forecast");
    private final PredictorService service = new PredictorService(() -> predictor, 20, () -> Instant.EPOCH);

    @Test
    void whatOurClientSendsIsLearnedFromAndPredictedForIt() {
        List<LatencySample> samples = List.of(
                new LatencySample(Kind.TIME_TO_FIRST_TOKEN, FEATURES, 100),
                new LatencySample(Kind.TIME_PER_OUTPUT_TOKEN, FEATURES, 10));
        for (int i = 0; i < 100; i++) {
            assertThat(service.learn(PredictorWire.trainingRequest(samples, Instant.EPOCH))
                            .status())
                    .isEqualTo(202);
        }
        Answer answer = service.predictAll(PredictorWire.predictionRequest(List.of(FEATURES, FEATURES)), true);
        assertThat(answer.status()).isEqualTo(200);
        List<PredictedLatency> predicted = PredictorWire.predictions(answer.json(), 2);
        assertThat(predicted.getFirst().timeToFirstTokenMillis()).isCloseTo(100, within(2.0));
        assertThat(predicted.getLast().timePerOutputTokenMillis()).isCloseTo(10, within(0.2));
    }

    @Test
    void onePredictionSaysItsBoundAndModel() {
        teach();
        JsonNode answer = json(service.predict(ROW.getBytes(StandardCharsets.UTF_8)));
        assertThat(answer.path("ttft_ms").asDouble()).isCloseTo(100, within(2.0));
        assertThat(answer.path("ttft_prediction_bounds").path(1).asDouble()).isPositive();
        assertThat(answer.path("model_type").asString()).isEqualTo("step");
        assertThat(answer.path("quantile").asDouble()).isEqualTo(0.9);
        assertThat(answer.path("predicted_at").asString()).isEqualTo("1970-01-01T00:00:00Z");
    }

    @Test
    void inBulkAWrongRowIsAnErrorOfThatRow() {
        teach();
        JsonNode answer = json(service.predictAll(requests(ROW, WRONG, ROW), false));
        assertThat(answer.path("predictions").get(1).isNull()).isTrue();
        assertThat(answer.path("predictions").get(2).isObject()).isTrue();
        assertThat(answer.path("errors").get(0).path("index").asInt()).isEqualTo(1);
        assertThat(answer.path("errors").get(0).path("error").asString()).startsWith("kv_cache_percentage: 1.3");
        assertThat(answer.path("successful_predictions").asInt()).isEqualTo(2);
        assertThat(answer.path("failed_predictions").asInt()).isEqualTo(1);
    }

    @Test
    void strictlyItFailsAll() {
        teach();
        Answer answer = service.predictAll(requests(ROW, WRONG), true);
        assertThat(answer.status()).isEqualTo(422);
        assertThat(json(answer).path("detail").asString()).startsWith("row 1: kv_cache_percentage");
    }

    @Test
    void beforeEnoughWasLearnedNothingIsReady() {
        assertThat(service.ready().status()).isEqualTo(503);
        assertThat(service.predict(ROW.getBytes(StandardCharsets.UTF_8)).status())
                .isEqualTo(503);
        assertThat(service.predictAll(requests(ROW), true).status()).isEqualTo(503);
        assertThat(json(service.predictAll(requests(ROW), false))
                        .path("failed_predictions")
                        .asInt())
                .isEqualTo(1);
        teach();
        assertThat(service.ready().status()).isEqualTo(200);
        assertThat(json(service.status()).path("ttft_samples").asInt()).isEqualTo(100);
    }

    @Test
    void moreThanTenThousandRowsOrNoneAreRefused() {
        assertThat(service.predictAll("{}".getBytes(StandardCharsets.UTF_8), false)
                        .status())
                .isEqualTo(422);
        String many = "{},".repeat(PredictorService.MOST_ROWS) + "{}";
        assertThat(json(service.predictAll(requests(many), false))
                        .path("detail")
                        .asString())
                .isEqualTo("requests: 10001 (expected: at most 10000)");
    }

    @Test
    void oneWrongRowTeachesNothing() {
        byte[] body = ("{\"entries\":[" + ROW.replace("{\"kv", "{\"actual_ttft_ms\":5,\"kv") + "," + WRONG + ",null]}")
                .getBytes(StandardCharsets.UTF_8);
        assertThat(service.learn(body).status()).isEqualTo(422);
        assertThat(service.learn("no".getBytes(StandardCharsets.UTF_8)).status())
                .isEqualTo(422);
        assertThat(predictor.learned().firstTokenSamples("")).isZero();
    }

    @Test
    void aRoleThatOneTimeIsNeverMeasuredOfIsPredictedByTheOthers() {
        LatencyFeatures prefill = new LatencyFeatures(0.3, 2000, 0, 4, 1, 0.5, 1000, 0, 0, "prefill");
        LatencyFeatures decode = new LatencyFeatures(0.3, 2000, 0, 4, 1, 0.5, 1000, 0, 0, "decode");
        List<LatencySample> samples = List.of(
                new LatencySample(Kind.TIME_TO_FIRST_TOKEN, prefill, 100),
                new LatencySample(Kind.TIME_PER_OUTPUT_TOKEN, decode, 10));
        for (int i = 0; i < 100; i++) {
            service.learn(PredictorWire.trainingRequest(samples, Instant.EPOCH));
        }
        assertThat(service.ready().status()).isEqualTo(200);
        Answer answer = service.predictAll(PredictorWire.predictionRequest(List.of(decode)), true);
        assertThat(PredictorWire.predictions(answer.json(), 1).getFirst().timeToFirstTokenMillis())
                .isCloseTo(100, within(2.0));
    }

    private void teach() {
        List<LatencySample> samples = List.of(
                new LatencySample(Kind.TIME_TO_FIRST_TOKEN, FEATURES, 100),
                new LatencySample(Kind.TIME_PER_OUTPUT_TOKEN, FEATURES, 10));
        for (int i = 0; i < 100; i++) {
            service.learn(PredictorWire.trainingRequest(samples, Instant.EPOCH));
        }
    }

    private static byte[] requests(String... rows) {
        return ("{\"requests\":[" + String.join(",", rows) + "]}").getBytes(StandardCharsets.UTF_8);
    }

    private static JsonNode json(Answer answer) {
        return JsonMapper.shared().readTree(answer.json());
    }
}
