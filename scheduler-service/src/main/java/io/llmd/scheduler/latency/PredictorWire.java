package io.llmd.scheduler.latency;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.llmd.scheduler.latency.LatencySample.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** What llm-d's prediction and training servers read and write. */
final class PredictorWire {

    private static final JsonMapper JSON = JsonMapper.shared();

    private record Row(
            @JsonProperty("kv_cache_percentage") double kvCacheUsage,
            @JsonProperty("input_token_length") int inputTokens,
            @JsonProperty("num_request_waiting") int waitingRequests,
            @JsonProperty("num_request_running") long runningRequests,
            @JsonProperty("num_tokens_generated") int generatedTokens,
            @JsonProperty("prefix_cache_score") double prefixRatio,
            @JsonProperty("prefill_tokens_in_flight") long prefillTokensInFlight,
            @JsonProperty("decode_tokens_in_flight") long decodeTokensInFlight,
            @JsonProperty("encoder_input_size") int encoderInputItems,
            @JsonProperty("encoder_matched_size") int encoderMatchedItems,
            @JsonProperty("pod_type") String role) {

        private static Row of(LatencyFeatures features) {
            return new Row(
                    features.kvCacheUsage(),
                    features.inputTokens(),
                    features.waitingRequests(),
                    features.runningRequests(),
                    features.generatedTokens(),
                    features.prefixRatio(),
                    features.prefillTokensInFlight(),
                    0,
                    features.encoderInputItems(),
                    features.encoderMatchedItems(),
                    features.role());
        }
    }

    private record Requests(List<Row> requests) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    private record Answer(
            @JsonProperty("ttft_ms") @Nullable Double firstToken,
            @JsonProperty("tpot_ms") @Nullable Double outputToken) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    private record Answers(
            @JsonProperty("predictions") @Nullable List<@Nullable Answer> predictions) {}

    private record Entry(
            @JsonUnwrapped Row row,
            @JsonProperty("actual_ttft_ms") double firstToken,
            @JsonProperty("actual_tpot_ms") double outputToken,
            @JsonProperty("timestamp") String timestamp) {}

    private record Entries(List<Entry> entries) {}

    private PredictorWire() {}

    static byte[] predictionRequest(List<LatencyFeatures> rows) {
        return JSON.writeValueAsBytes(new Requests(rows.stream().map(Row::of).toList()));
    }

    /** @throws IllegalStateException unless the answer has exactly {@code rows} predictions */
    static List<PredictedLatency> predictions(byte[] answer, int rows) {
        List<@Nullable Answer> predictions;
        try {
            predictions = JSON.readValue(answer, Answers.class).predictions();
        } catch (JacksonException e) {
            throw new IllegalStateException("the prediction server's answer is no JSON of predictions");
        }
        if (predictions == null || predictions.size() != rows) {
            throw new IllegalStateException(
                    "predictions: " + (predictions == null ? 0 : predictions.size()) + " (expected: " + rows + ")");
        }
        List<PredictedLatency> latencies = new ArrayList<>(rows);
        for (Answer prediction : predictions) {
            if (prediction == null || prediction.firstToken() == null || prediction.outputToken() == null) {
                throw new IllegalStateException("a prediction is missing (expected: ttft_ms and tpot_ms)");
            }
            latencies.add(new PredictedLatency(prediction.firstToken(), prediction.outputToken()));
        }
        return latencies;
    }

    static byte[] trainingRequest(List<LatencySample> samples, Instant now) {
        return JSON.writeValueAsBytes(new Entries(samples.stream()
                .map(sample -> new Entry(
                        Row.of(sample.features()),
                        sample.kind() == Kind.TIME_TO_FIRST_TOKEN ? sample.millis() : 0,
                        sample.kind() == Kind.TIME_PER_OUTPUT_TOKEN ? sample.millis() : 0,
                        now.toString()))
                .toList()));
    }
}
