package io.llmd.scheduler.flowcontrol;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What flow control knows of a request.
 *
 * @param requestId id of the client request
 * @param fairnessId flow that the request belongs to, never empty
 * @param priority higher is more important
 * @param sizeBytes size of the body
 * @param promptTokens estimate of the prompt's length
 * @param receivedNanos reading of the monotonic clock when the request arrived
 * @param timeToFirstTokenMillis the client's wish as its header says it; null when absent
 * @param timeout longest wait that the caller accepts; null for that of the configuration
 * @param model model name of the client
 * @param targetModel model name after rewriting
 */
public record FlowRequest(
        String requestId,
        String fairnessId,
        int priority,
        long sizeBytes,
        long promptTokens,
        long receivedNanos,
        @Nullable String timeToFirstTokenMillis,
        @Nullable Duration timeout,
        String model,
        String targetModel) {
    public FlowRequest {
        Objects.requireNonNull(requestId, "requestId");
        if (fairnessId.isEmpty()) {
            throw new IllegalArgumentException("fairnessId: empty (expected: an id)");
        }
        if (sizeBytes < 0 || promptTokens < 0) {
            throw new IllegalArgumentException(
                    "sizeBytes: " + sizeBytes + ", promptTokens: " + promptTokens + " (expected: >= 0)");
        }
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(targetModel, "targetModel");
    }
}
