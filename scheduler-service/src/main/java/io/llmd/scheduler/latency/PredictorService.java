package io.llmd.scheduler.latency;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.llmd.scheduler.latency.LatencySample.Kind;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Speaks as llm-d's prediction and training servers do, for a predictor in process: bodies in, statuses and bodies out. Rows say
 * nothing of the endpoint, so that all of a role are predicted alike. Safe from any thread; a body is read within the call.
 */
public final class PredictorService {

    /** Most rows of one call. */
    public static final int MOST_ROWS = 10_000;

    private static final int OK = 200;
    private static final int ACCEPTED = 202;
    private static final int UNPROCESSABLE = 422;
    private static final int UNAVAILABLE = 503;
    private static final double QUANTILE = TimeLearner.COVERAGE;
    private static final String ANY_ENDPOINT = "";
    /** Rows leave out what they do not know. */
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    /** What to answer. @param json body */
    public record Answer(int status, byte[] json) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    private record Row(
            @JsonProperty("kv_cache_percentage") @Nullable Double kvCacheUsage,
            @JsonProperty("input_token_length") @Nullable Integer inputTokens,
            @JsonProperty("num_request_waiting") @Nullable Integer waitingRequests,
            @JsonProperty("num_request_running") @Nullable Long runningRequests,
            @JsonProperty("num_tokens_generated") int generatedTokens,
            @JsonProperty("prefix_cache_score") double prefixRatio,
            @JsonProperty("prefill_tokens_in_flight") long prefillTokensInFlight,
            @JsonProperty("encoder_input_size") int encoderInputItems,
            @JsonProperty("encoder_matched_size") int encoderMatchedItems,
            @JsonProperty("pod_type") @Nullable String role,
            @JsonProperty("actual_ttft_ms") double firstTokenMillis,
            @JsonProperty("actual_tpot_ms") double outputTokenMillis) {

        private LatencyFeatures features() {
            if (kvCacheUsage == null || !(kvCacheUsage >= 0 && kvCacheUsage <= 1)) {
                throw new IllegalArgumentException("kv_cache_percentage: " + kvCacheUsage + " (expected: in [0, 1])");
            }
            return new LatencyFeatures(
                    kvCacheUsage,
                    Math.toIntExact(count("input_token_length", inputTokens)),
                    Math.toIntExact(count("num_request_waiting", waitingRequests)),
                    count("num_request_running", runningRequests),
                    generatedTokens,
                    prefixRatio,
                    prefillTokensInFlight,
                    encoderInputItems,
                    encoderMatchedItems,
                    role == null ? "" : role);
        }

        private static long count(String name, @Nullable Number value) {
            if (value == null || value.longValue() < 0) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: >= 0)");
            }
            return value.longValue();
        }
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    private record Entries(
            @JsonProperty("entries") @Nullable List<@Nullable Row> entries) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    private record Requests(
            @JsonProperty("requests") @Nullable List<@Nullable Row> requests) {}

    private record Prediction(
            @JsonProperty("ttft_ms") double firstToken,
            @JsonProperty("tpot_ms") double outputToken,
            @JsonProperty("ttft_prediction_bounds") List<Double> firstTokenBounds,
            @JsonProperty("tpot_prediction_bounds") List<Double> outputTokenBounds,
            @JsonProperty("predicted_at") String at,
            @JsonProperty("model_type") String model,
            @JsonProperty("objective_type") String objective,
            @JsonProperty("quantile") double quantile) {}

    private record RowError(int index, String error) {}

    @JsonInclude(JsonInclude.Include.ALWAYS)
    private record Predictions(
            @JsonProperty("predictions") List<@Nullable Prediction> predictions,
            @JsonProperty("errors") List<RowError> errors,
            @JsonProperty("total_requests") int total,
            @JsonProperty("successful_predictions") int successful,
            @JsonProperty("failed_predictions") int failed) {}

    private final Supplier<OnlineLatencyPredictor> predictor;
    private final int minSamples;
    private final InstantSource clock;

    /** @param minSamples measured times of a role and kind before anything is predicted */
    public PredictorService(Supplier<OnlineLatencyPredictor> predictor, int minSamples, InstantSource clock) {
        this.predictor = Objects.requireNonNull(predictor, "predictor");
        this.minSamples = minSamples;
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    /** {@code /add_training_data_bulk}: learns from all rows or, when one is wrong, from none. */
    public Answer learn(byte[] body) {
        List<MeasuredLatency> measured = new ArrayList<>();
        try {
            List<Row> rows = rows(JSON.readValue(body, Entries.class).entries(), "entries");
            for (Row row : rows) {
                add(measured, row, Kind.TIME_TO_FIRST_TOKEN, row.firstTokenMillis());
                add(measured, row, Kind.TIME_PER_OUTPUT_TOKEN, row.outputTokenMillis());
            }
        } catch (JacksonException | IllegalArgumentException | ArithmeticException e) {
            return unprocessable(e);
        }
        measured.forEach(predictor.get()::learn);
        return answer(ACCEPTED, Map.of("message", "Accepted " + measured.size() + " training samples."));
    }

    private static void add(List<MeasuredLatency> measured, Row row, Kind kind, double millis) {
        LatencyFeatures features = row.features();
        if (millis > 0) {
            measured.add(
                    new MeasuredLatency(ANY_ENDPOINT, 0, "", "", 0, 0, 0, new LatencySample(kind, features, millis)));
        }
    }

    private static List<Row> rows(@Nullable List<@Nullable Row> rows, String name) {
        if (rows == null || rows.size() > MOST_ROWS) {
            throw new IllegalArgumentException(
                    name + ": " + (rows == null ? "missing" : rows.size()) + " (expected: at most " + MOST_ROWS + ")");
        }
        List<Row> known = new ArrayList<>(rows.size());
        for (Row row : rows) {
            if (row == null) {
                throw new IllegalArgumentException(name + ": null (expected: objects)");
            }
            known.add(row);
        }
        return known;
    }

    /** {@code /predict}: one row. */
    public Answer predict(byte[] body) {
        try {
            Prediction prediction =
                    predicted(JSON.readValue(body, Row.class), predictor.get().learned());
            return prediction == null ? notReady() : answer(OK, prediction);
        } catch (JacksonException | IllegalArgumentException | ArithmeticException e) {
            return unprocessable(e);
        }
    }

    /** {@code /predict/bulk}, or {@code /predict/bulk/strict} where a row that is wrong fails all. */
    public Answer predictAll(byte[] body, boolean strict) {
        List<@Nullable Prediction> predictions = new ArrayList<>();
        List<RowError> errors = new ArrayList<>();
        LearnedLatencies learned = predictor.get().learned();
        try {
            for (Row row : rows(JSON.readValue(body, Requests.class).requests(), "requests")) {
                Prediction prediction = null;
                try {
                    prediction = predicted(row, learned);
                    if (prediction == null) {
                        errors.add(new RowError(predictions.size(), "Models not ready"));
                    }
                } catch (IllegalArgumentException | ArithmeticException e) {
                    errors.add(new RowError(predictions.size(), String.valueOf(e.getMessage())));
                }
                predictions.add(prediction);
            }
        } catch (JacksonException | IllegalArgumentException e) {
            return unprocessable(e);
        }
        if (strict && !errors.isEmpty()) {
            RowError first = errors.getFirst();
            return first.error().equals("Models not ready")
                    ? notReady()
                    : answer(UNPROCESSABLE, Map.of("detail", "row " + first.index() + ": " + first.error()));
        }
        int failed = errors.size();
        return answer(
                OK, new Predictions(predictions, errors, predictions.size(), predictions.size() - failed, failed));
    }

    private @Nullable Prediction predicted(Row row, LearnedLatencies learned) {
        LatencyFeatures features = row.features();
        String role = features.role();
        if (!isReady(learned)) {
            return null;
        }
        Forecast forecast = new Forecast();
        learned.predict(role, ANY_ENDPOINT, new LatencyInputs().set(features, 0), true, minSamples, forecast);
        return new Prediction(
                forecast.timeToFirstTokenMillis(),
                forecast.timePerOutputTokenMillis(),
                List.of(0.0, forecast.timeToFirstTokenBoundMillis()),
                List.of(0.0, forecast.timePerOutputTokenBoundMillis()),
                Instant.ofEpochMilli(clock.millis()).toString(),
                "step",
                "mean",
                QUANTILE);
    }

    private boolean isReady(LearnedLatencies learned) {
        return learned.firstTokenSamples() >= minSamples && learned.outputTokenSamples() >= minSamples;
    }

    /** {@code /readyz}: whether anything is predicted. */
    public Answer ready() {
        return isReady(predictor.get().learned()) ? answer(OK, Map.of("status", "ready")) : notReady();
    }

    /** {@code /data/status} and {@code /status}: how much was learned from. */
    public Answer status() {
        LearnedLatencies learned = predictor.get().learned();
        return answer(
                OK,
                Map.of(
                        "model_type",
                        "step",
                        "quantile",
                        QUANTILE,
                        "min_samples",
                        minSamples,
                        "ttft_samples",
                        learned.firstTokenSamples(),
                        "tpot_samples",
                        learned.outputTokenSamples()));
    }

    /** What needs no doing here, as {@code /flush} and {@code /reload}: everything is learned from at once. */
    public Answer done() {
        return answer(OK, Map.of("success", true, "message", "nothing to do: samples are learned from as they come"));
    }

    /** {@code /healthz}. */
    public Answer healthy() {
        return answer(OK, Map.of("status", "ok"));
    }

    private static Answer notReady() {
        return answer(UNAVAILABLE, Map.of("detail", "Models not ready"));
    }

    private static Answer unprocessable(Exception e) {
        String detail = e instanceof JacksonException ? "the body is no JSON of the expected form" : e.getMessage();
        return answer(UNPROCESSABLE, Map.of("detail", String.valueOf(detail)));
    }

    private static Answer answer(int status, Object value) {
        return new Answer(status, JSON.writeValueAsBytes(value));
    }
}
