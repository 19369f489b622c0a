package io.llmd.scheduler.latency;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.llmd.scheduler.latency.LatencySample.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

class RemoteLatencyPredictorIT {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final List<JsonNode> predictionCalls = Collections.synchronizedList(new ArrayList<>());
    private final List<JsonNode> trainingCalls = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger status = new AtomicInteger(200);
    private final AtomicInteger answersTooFew = new AtomicInteger();
    private final CountDownLatch release = new CountDownLatch(1);
    private volatile boolean holds;
    private HttpServer server;
    private ExecutorService handlers;

    @BeforeEach
    void startServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        handlers = Executors.newVirtualThreadPerTaskExecutor();
        server.setExecutor(handlers);
        server.createContext("/predict/bulk/strict", this::predict);
        server.createContext("/add_training_data_bulk", this::train);
        server.start();
    }

    @AfterEach
    void stopServer() {
        release.countDown();
        server.stop(0);
        handlers.shutdownNow();
    }

    @Test
    void predictionsComeBackInTheOrderOfTheRows() {
        try (RemoteLatencyPredictor predictor = predictor(100, 36, Duration.ofMillis(1), TIMEOUT)) {
            assertThat(predictor.predict(rows(3)).toCompletableFuture())
                    .succeedsWithin(TIMEOUT)
                    .isEqualTo(List.of(
                            new PredictedLatency(0, 0.5), new PredictedLatency(1, 0.5), new PredictedLatency(2, 0.5)));
        }
        JsonNode row = predictionCalls.getFirst().get("requests").get(2);
        assertThat(row.get("input_token_length").asInt()).isEqualTo(2);
        assertThat(row.get("kv_cache_percentage").asDouble()).isEqualTo(0.25);
        assertThat(row.get("num_request_waiting").asInt()).isEqualTo(4);
        assertThat(row.get("num_request_running").asInt()).isEqualTo(5);
        assertThat(row.get("num_tokens_generated").asInt()).isEqualTo(1);
        assertThat(row.get("prefix_cache_score").asDouble()).isEqualTo(0.75);
        assertThat(row.get("prefill_tokens_in_flight").asInt()).isEqualTo(600);
        assertThat(row.get("decode_tokens_in_flight").asInt()).isZero();
        assertThat(row.get("encoder_input_size").asInt()).isEqualTo(2);
        assertThat(row.get("encoder_matched_size").asInt()).isEqualTo(1);
        assertThat(row.get("pod_type").asString()).isEqualTo("decode");
    }

    @Test
    void moreRowsThanACallTakesAreSplit() {
        try (RemoteLatencyPredictor predictor = predictor(100, 36, Duration.ZERO, TIMEOUT)) {
            assertThat(predictor.predict(rows(250)).toCompletableFuture())
                    .succeedsWithin(TIMEOUT)
                    .satisfies(predicted -> assertThat(predicted)
                            .extracting(PredictedLatency::timeToFirstTokenMillis)
                            .isEqualTo(IntStream.range(0, 250)
                                    .mapToObj(i -> (double) i)
                                    .toList()));
        }
        assertThat(predictionCalls)
                .extracting(call -> call.get("requests").size())
                .containsExactlyInAnyOrder(100, 100, 50);
    }

    @Test
    void rowsOfRequestsThatArriveTogetherShareACall() {
        try (RemoteLatencyPredictor predictor = predictor(100, 36, Duration.ofMillis(200), TIMEOUT)) {
            CompletableFuture<List<PredictedLatency>> first =
                    predictor.predict(rows(3)).toCompletableFuture();
            CompletableFuture<List<PredictedLatency>> second =
                    predictor.predict(rows(2)).toCompletableFuture();
            assertThat(first)
                    .succeedsWithin(TIMEOUT)
                    .satisfies(predicted -> assertThat(predicted).hasSize(3));
            assertThat(second)
                    .succeedsWithin(TIMEOUT)
                    .isEqualTo(List.of(new PredictedLatency(0, 0.5), new PredictedLatency(1, 0.5)));
        }
        assertThat(predictionCalls).hasSize(1);
    }

    @Test
    void aServerThatHangsIsGivenUpInTimeAndRowsThatWaitBehindItToo() {
        holds = true;
        try (RemoteLatencyPredictor predictor = predictor(2, 1, Duration.ZERO, Duration.ofMillis(150))) {
            CompletableFuture<List<PredictedLatency>> asked =
                    predictor.predict(rows(2)).toCompletableFuture();
            CompletableFuture<List<PredictedLatency>> waiting =
                    predictor.predict(rows(2)).toCompletableFuture();
            assertThat(asked).failsWithin(TIMEOUT);
            assertThat(waiting).failsWithin(TIMEOUT);
            holds = false;
            release.countDown();
            assertThat(predictor.predict(rows(1)).toCompletableFuture()).succeedsWithin(TIMEOUT);
        }
    }

    @Test
    void whenTooManyRowsWaitFurtherOnesFailAtOnce() {
        holds = true;
        RemotePredictorSettings settings = new RemotePredictorSettings(
                List.of(url()), null, TIMEOUT, TIMEOUT, 1, Duration.ZERO, 1, 3, 10, Duration.ofHours(1));
        try (RemoteLatencyPredictor predictor =
                new RemoteLatencyPredictor(settings, new Random(1), () -> Instant.EPOCH)) {
            predictor.predict(rows(3));
            predictor.predict(rows(1));
            assertThat(predictor.predict(rows(1)).toCompletableFuture())
                    .isCompletedExceptionally()
                    .failsWithin(Duration.ZERO)
                    .withThrowableOfType(java.util.concurrent.ExecutionException.class)
                    .withMessageContaining("3 rows wait for predictions already");
        }
    }

    @Test
    void aRefusalOrAnAnswerOfAnotherLengthFailsThePrediction() {
        try (RemoteLatencyPredictor predictor = predictor(100, 36, Duration.ZERO, TIMEOUT)) {
            status.set(503);
            assertThat(predictor.predict(rows(1)).toCompletableFuture())
                    .failsWithin(TIMEOUT)
                    .withThrowableThat()
                    .withMessageContaining("/predict/bulk/strict answered 503 (expected: 2xx)");
            status.set(200);
            answersTooFew.set(1);
            assertThat(predictor.predict(rows(2)).toCompletableFuture())
                    .failsWithin(TIMEOUT)
                    .withThrowableThat()
                    .withMessageContaining("predictions: 1 (expected: 2)");
        }
    }

    @Test
    void measuredLatenciesAreSentOfBothKinds() {
        try (RemoteLatencyPredictor predictor = predictor(100, 36, Duration.ZERO, TIMEOUT)) {
            predictor.learn(new LatencySample(Kind.TIME_TO_FIRST_TOKEN, rows(1).getFirst(), 120.5));
            predictor.learn(new LatencySample(
                    Kind.TIME_PER_OUTPUT_TOKEN, rows(1).getFirst().ofOutput(), 8));
            predictor.flush();
            Awaitility.await("the latencies at the training server").until(() -> !trainingCalls.isEmpty());
        }
        JsonNode entries = trainingCalls.getFirst().get("entries");
        assertThat(entries).hasSize(2);
        assertThat(entries.get(0).get("actual_ttft_ms").asDouble()).isEqualTo(120.5);
        assertThat(entries.get(0).get("actual_tpot_ms").asDouble()).isZero();
        assertThat(entries.get(0).get("prefix_cache_score").asDouble()).isEqualTo(0.75);
        assertThat(entries.get(0).get("timestamp").asString()).isEqualTo("1970-01-01T00:00:00Z");
        assertThat(entries.get(1).get("actual_tpot_ms").asDouble()).isEqualTo(8);
        assertThat(entries.get(1).get("prefix_cache_score").asDouble()).isZero();
    }

    @Test
    void withoutServersNothingIsAvailable() {
        RemotePredictorSettings settings = new RemotePredictorSettings(
                List.of(), null, TIMEOUT, TIMEOUT, 100, Duration.ZERO, 1, 1, 1, Duration.ofHours(1));
        try (RemoteLatencyPredictor predictor =
                new RemoteLatencyPredictor(settings, new Random(1), () -> Instant.EPOCH)) {
            predictor.start();
            assertThat(predictor.isAvailable()).isFalse();
        }
    }

    private RemoteLatencyPredictor predictor(int maxRows, int maxCalls, Duration window, Duration timeout) {
        RemotePredictorSettings settings = new RemotePredictorSettings(
                List.of(url()), url(), timeout, TIMEOUT, maxRows, window, maxCalls, 1000, 100, Duration.ofHours(1));
        return new RemoteLatencyPredictor(settings, new Random(1), () -> Instant.EPOCH);
    }

    private URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private static List<LatencyFeatures> rows(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new LatencyFeatures(0.25, i, 4, 5, 1, 0.75, 600, 2, 1, "decode"))
                .toList();
    }

    private void predict(HttpExchange exchange) throws IOException {
        JsonNode call = JSON.readTree(exchange.getRequestBody());
        predictionCalls.add(call);
        if (holds) {
            try {
                release.await(30, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        ArrayNode predictions = JSON.createArrayNode();
        call.get("requests")
                .forEach(row -> predictions
                        .addObject()
                        .put("ttft_ms", row.get("input_token_length").asDouble())
                        .put("tpot_ms", 0.5)
                        .put("model_type", "xgboost"));
        if (answersTooFew.get() > 0) {
            predictions.remove(0);
        }
        answer(exchange, JSON.createObjectNode().set("predictions", predictions).toString());
    }

    private void train(HttpExchange exchange) throws IOException {
        trainingCalls.add(JSON.readTree(exchange.getRequestBody()));
        answer(exchange, "{}");
    }

    private void answer(HttpExchange exchange, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status.get(), bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }
}
