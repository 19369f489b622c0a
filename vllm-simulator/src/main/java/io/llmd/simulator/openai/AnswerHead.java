package io.llmd.simulator.openai;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.output.Sampling;

/**
 * What all answers and chunks to one request share.
 *
 * @param created Unix time in seconds
 * @param wanted which log-probabilities the client wants
 */
public record AnswerHead(
        String id,
        long created,
        String model,
        String fingerprint,
        Sampling sampling,
        UsageRules usage,
        LogprobOptions wanted,
        Logprobs logprobs) {

    /** The start of a chunk, up to and including the key {@code choices}. */
    String chunkStart(String object) {
        return "data: {\"id\":" + Json.quoted(id) + ",\"object\":\"" + object + "\",\"created\":" + created
                + ",\"model\":" + Json.quoted(model) + ",\"choices\":";
    }

    /** Appends the fingerprint to the chunk of a finished choice, unless a chunk with usage follows. */
    void appendFingerprint(StringBuilder out) {
        if (!sampling.includeUsage()) {
            out.append(",\"system_fingerprint\":").append(Json.quoted(fingerprint));
        }
    }
}
