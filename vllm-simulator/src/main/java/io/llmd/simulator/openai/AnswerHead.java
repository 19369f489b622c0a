package io.llmd.simulator.openai;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.output.Sampling;
import tools.jackson.databind.node.ObjectNode;

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

    /** Whether the keys are those of releases before 0.30. */
    boolean isBefore30() {
        return usage.before30();
    }

    /** The start of a body, up to and including the model. */
    ObjectNode bodyStart(String object) {
        ObjectNode body = Json.object().put("id", id).put("object", object).put("created", created);
        if (isBefore30()) {
            body.putNull("prompt_routed_experts");
        }
        return body.put("model", model);
    }

    /** Adds what ends a body. */
    ObjectNode endBody(ObjectNode body) {
        body.putNull("kv_transfer_params");
        return isBefore30() ? body : body.putNull("ec_transfer_params").putNull("metrics");
    }

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
