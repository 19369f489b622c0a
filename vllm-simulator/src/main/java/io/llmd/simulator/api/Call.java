package io.llmd.simulator.api;

import org.jspecify.annotations.Nullable;

/**
 * One HTTP call as the APIs see it.
 *
 * @param path without the query
 * @param requestId value of {@code X-Request-Id}
 * @param outputTokens value of {@code X-Sim-Output-Tokens}
 * @param jsonContent whether the content type is JSON
 * @param nowSeconds Unix time
 */
public record Call(
        String path,
        byte[] body,
        @Nullable String requestId,
        @Nullable String outputTokens,
        boolean jsonContent,
        long nowSeconds) {

    /** The body's fields. */
    public RequestFields fields() {
        if (!jsonContent) {
            throw ApiException.badRequest("Unsupported Media Type: Only 'application/json' is allowed", null);
        }
        return new RequestFields(Json.parse(body));
    }
}
