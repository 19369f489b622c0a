package io.llmd.simulator.openai;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.output.Sampling;

/**
 * What all answers and chunks to one request share.
 *
 * @param created Unix time in seconds
 * @param tellCached whether usage tells cached tokens
 * @param logprobs whether the client wants log-probabilities
 */
record AnswerHead(
        String id,
        long created,
        String model,
        String fingerprint,
        Sampling sampling,
        boolean tellCached,
        boolean logprobs) {

    /** The start of a chunk, up to and including the key {@code choices}. */
    String chunkStart(String object) {
        return "data: {\"id\":" + Json.quoted(id) + ",\"object\":\"" + object + "\",\"created\":" + created
                + ",\"model\":" + Json.quoted(model) + ",\"choices\":";
    }
}
