package io.llmd.simulator.openai;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.output.OutputPlan;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Log-probabilities of the right shape; every token is certain. */
final class Logprobs {
    private Logprobs() {}

    /** Of tokens {@code from} to {@code to} in a chat answer. */
    static ObjectNode chat(OutputPlan plan, int from, int to) {
        ObjectNode logprobs = Json.object();
        ArrayNode content = logprobs.putArray("content");
        for (int i = from; i < to; i++) {
            String token = plan.tokenizer().decode(plan.tokens().tokenAt(i));
            ObjectNode entry = content.addObject().put("token", token).put("logprob", 0.0);
            ArrayNode bytes = entry.putArray("bytes");
            for (byte b : token.getBytes(StandardCharsets.UTF_8)) {
                bytes.add(b & 0xFF);
            }
            entry.putArray("top_logprobs");
        }
        return logprobs;
    }

    /** Of tokens {@code from} to {@code to} in a text completion, the first of which starts at {@code firstOffset}. */
    static ObjectNode completion(OutputPlan plan, int from, int to, int firstOffset) {
        ObjectNode logprobs = Json.object();
        ArrayNode offsets = logprobs.putArray("text_offset");
        ArrayNode values = logprobs.putArray("token_logprobs");
        ArrayNode tokens = logprobs.putArray("tokens");
        ArrayNode top = logprobs.putArray("top_logprobs");
        int offset = firstOffset;
        for (int i = from; i < to; i++) {
            String token = plan.tokenizer().decode(plan.tokens().tokenAt(i));
            offsets.add(offset);
            values.add(0.0);
            tokens.add(token);
            top.addObject().put(token, 0.0);
            offset += token.length();
        }
        return logprobs;
    }
}
