package io.llmd.scheduler.explain;

import io.llmd.scheduler.scheduling.RequestBody;
import org.jspecify.annotations.Nullable;

/**
 * What was read of a request.
 *
 * @param api kind of request
 * @param model model after rewriting
 * @param priority priority of its objective
 * @param fairnessId flow that it belongs to
 * @param promptTokens estimated or exact tokens of all prompts
 * @param exactTokens whether they are those of the engine, and no estimate
 * @param maxOutputTokens the client's limit, -1 when it gave none
 * @param stream whether the answer is streamed
 */
public record ExplainedRequest(
        RequestBody.Api api,
        String model,
        int priority,
        String fairnessId,
        int promptTokens,
        boolean exactTokens,
        int maxOutputTokens,
        boolean stream) {

    static @Nullable ExplainedRequest of(@Nullable RecordedRequest request) {
        return request == null
                ? null
                : new ExplainedRequest(
                        request.api(),
                        request.model(),
                        request.priority(),
                        request.fairnessId(),
                        request.allPromptTokens(),
                        request.exactTokens(),
                        request.maxOutputTokens(),
                        request.stream());
    }
}
