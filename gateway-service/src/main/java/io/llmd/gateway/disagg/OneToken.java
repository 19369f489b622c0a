package io.llmd.gateway.disagg;

import io.llmd.openai.ApiRoute;
import io.llmd.openai.JsonEditor;

/** Cuts a request down to computing its prompt: one token, not streamed. */
final class OneToken {

    private OneToken() {}

    static void prime(ApiRoute route, JsonEditor body) {
        body.set("stream", "false").remove("stream_options");
        switch (route) {
            case CHAT_COMPLETIONS, COMPLETIONS ->
                body.set("max_tokens", "1").set("max_completion_tokens", "1").remove("min_tokens");
            case MESSAGES -> body.set("max_tokens", "1");
            case GENERATE ->
                body.set(
                        "sampling_params",
                        body.nested("sampling_params")
                                .set("max_tokens", "1")
                                .remove("min_tokens")
                                .toBytes());
            case RESPONSES -> body.set("max_output_tokens", "1");
            case EMBEDDINGS, TOKENIZE, DETOKENIZE ->
                throw new IllegalArgumentException("route: " + route + " (expected: one that generates)");
        }
    }
}
