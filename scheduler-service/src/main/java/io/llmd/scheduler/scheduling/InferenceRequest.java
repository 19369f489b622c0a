package io.llmd.scheduler.scheduling;

import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A request that needs an endpoint.
 *
 * @param requestId id of the client request
 * @param targetModel model name after rewriting
 * @param body what was read of the body
 * @param headers request headers, lower-case names
 * @param priority higher is more important; 0 unless an objective says otherwise
 * @param fairnessId flow that the request belongs to
 * @param receivedNanos reading of the monotonic clock when the request arrived
 * @param random source of every random choice in this decision
 */
public record InferenceRequest(
        String requestId,
        String targetModel,
        RequestBody body,
        Map<String, String> headers,
        int priority,
        String fairnessId,
        long receivedNanos,
        RandomGenerator random) {
    public InferenceRequest {
        Objects.requireNonNull(requestId, "requestId");
        Objects.requireNonNull(targetModel, "targetModel");
        Objects.requireNonNull(body, "body");
        Objects.requireNonNull(headers, "headers");
        Objects.requireNonNull(fairnessId, "fairnessId");
        Objects.requireNonNull(random, "random");
    }

    /** The same request of another flow. */
    public InferenceRequest withFairnessId(String flow) {
        return new InferenceRequest(requestId, targetModel, body, headers, priority, flow, receivedNanos, random);
    }

    /** The same request with another body. */
    public InferenceRequest withBody(RequestBody other) {
        return new InferenceRequest(
                requestId, targetModel, other, headers, priority, fairnessId, receivedNanos, random);
    }

    /** Value of a header by its lower-case name, null when absent. */
    public @Nullable String header(String name) {
        return headers.get(name);
    }
}
