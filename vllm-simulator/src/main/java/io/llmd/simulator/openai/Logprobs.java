package io.llmd.simulator.openai;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.output.OutputPlan;
import io.llmd.simulator.token.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.function.IntUnaryOperator;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Log-probabilities of the right shape: a token is the likeliest one, the alternatives are the ids that follow it, each
 * half as likely as the one before.
 */
public final class Logprobs {
    private static final double FIRST = Math.log(0.5);

    private final Tokenizer tokenizer;
    private final LogprobOptions options;

    public Logprobs(Tokenizer tokenizer, LogprobOptions options) {
        this.tokenizer = tokenizer;
        this.options = options;
    }

    /** Of tokens {@code from} to {@code to} in a chat answer. */
    public ObjectNode chat(OutputPlan plan, int from, int to) {
        ObjectNode logprobs = Json.object();
        ArrayNode content = logprobs.putArray("content");
        for (int i = from; i < to; i++) {
            int token = plan.tokens().tokenAt(i);
            ObjectNode entry = chatEntry(content.addObject(), token, 0);
            ArrayNode top = entry.putArray("top_logprobs");
            for (int rank = 0; rank < options.output().orElse(0); rank++) {
                chatEntry(top.addObject(), alternative(token, rank), rank);
            }
        }
        return logprobs;
    }

    private ObjectNode chatEntry(ObjectNode entry, int token, int rank) {
        entry.put("token", name(token)).put("logprob", value(rank));
        ArrayNode bytes = entry.putArray("bytes");
        for (byte b : tokenizer.decode(token).getBytes(StandardCharsets.UTF_8)) {
            bytes.add(b & 0xFF);
        }
        return entry;
    }

    /**
     * Of tokens in a text completion.
     *
     * @param unknown leading tokens without a value, as the first one of a prompt
     * @param firstOffset where the first one starts
     */
    ObjectNode completion(IntUnaryOperator tokenAt, int from, int to, int unknown, int firstOffset) {
        ObjectNode logprobs = Json.object();
        ArrayNode offsets = logprobs.putArray("text_offset");
        ArrayNode values = logprobs.putArray("token_logprobs");
        ArrayNode names = logprobs.putArray("tokens");
        ArrayNode top = logprobs.putArray("top_logprobs");
        int offset = firstOffset;
        for (int i = from; i < to; i++) {
            int token = tokenAt.applyAsInt(i);
            String name = name(token);
            offsets.add(offset);
            names.add(name);
            offset += name.length();
            if (i - from < unknown) {
                values.addNull();
                top.addNull();
                continue;
            }
            values.add(value(0));
            ObjectNode alternatives = top.addObject();
            for (int rank = 0; rank < Math.max(1, options.output().orElse(0)); rank++) {
                alternatives.put(name(alternative(token, rank)), value(rank));
            }
        }
        return logprobs;
    }

    /** The end of the last name in a text completion's log-probabilities. */
    static int end(ObjectNode completion, int otherwise) {
        if (!(completion.get("text_offset") instanceof ArrayNode offsets) || offsets.isEmpty()) {
            return otherwise;
        }
        int last = offsets.size() - 1;
        return offsets.get(last).intValue()
                + completion.get("tokens").get(last).stringValue().length();
    }

    /** Of the tokens of a prompt; the first one has none. */
    public ArrayNode prompt(int[] prompt) {
        ArrayNode logprobs = Json.array();
        for (int i = 0; i < prompt.length; i++) {
            if (i == 0) {
                logprobs.addNull();
                continue;
            }
            ObjectNode entry = logprobs.addObject();
            for (int rank = 0; rank < Math.max(1, options.prompt().orElse(0)); rank++) {
                int token = alternative(prompt[i], rank);
                entry.putObject(Integer.toString(token))
                        .put("logprob", value(rank))
                        .put("rank", rank + 1)
                        .put("decoded_token", tokenizer.decode(token));
            }
        }
        return logprobs;
    }

    /** Of tokens {@code from} to {@code to}, without text. */
    public ObjectNode tokens(OutputPlan plan, int from, int to) {
        ObjectNode logprobs = Json.object();
        ArrayNode content = logprobs.putArray("content");
        for (int i = from; i < to; i++) {
            int token = plan.tokens().tokenAt(i);
            ArrayNode top = tokenEntry(content.addObject(), token, 0).putArray("top_logprobs");
            for (int rank = 0; rank < Math.max(1, options.output().orElse(0)); rank++) {
                tokenEntry(top.addObject(), alternative(token, rank), rank);
            }
        }
        return logprobs;
    }

    private static ObjectNode tokenEntry(ObjectNode entry, int token, int rank) {
        return entry.put("token_id", token).put("logprob", value(rank)).put("rank", rank + 1);
    }

    private int alternative(int token, int rank) {
        return (token + rank) % tokenizer.vocabularySize();
    }

    private String name(int token) {
        return options.tokenIds() ? "token_id:" + token : tokenizer.decode(token);
    }

    private static double value(int rank) {
        return FIRST * (rank + 1);
    }
}
