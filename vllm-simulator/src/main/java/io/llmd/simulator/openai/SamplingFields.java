package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.output.Sampling;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads and checks the sampling fields that all generation endpoints share. */
public final class SamplingFields {
    /** Header that dictates the length of an answer. */
    public static final String OUTPUT_TOKENS_HEADER = "x-sim-output-tokens";

    private static final int MAX_N = 16_384;

    private SamplingFields() {}

    /** Reads the fields that all generation endpoints share; {@code maxTokensNames} in ascending precedence. */
    public static Sampling read(
            RequestFields fields, @Nullable String outputTokensHeader, int absentMaxTokens, String... maxTokensNames) {
        OptionalInt maxTokens = absentMaxTokens > 0 ? OptionalInt.of(absentMaxTokens) : OptionalInt.empty();
        String maxTokensName = maxTokensNames[0];
        for (String name : maxTokensNames) {
            Integer value = fields.integer(name);
            if (value != null) {
                maxTokens = OptionalInt.of(value);
                maxTokensName = name;
            }
        }
        if (maxTokens.isPresent() && maxTokens.getAsInt() < 1) {
            throw ApiException.badRequest(
                    maxTokensName + " must be at least 1, got " + maxTokens.getAsInt() + ".", maxTokensName);
        }
        int minTokens = atLeast(fields, "min_tokens", 0, 0);
        if (maxTokens.isPresent() && minTokens > maxTokens.getAsInt()) {
            throw ApiException.badRequest(
                    "min_tokens must be less than or equal to max_tokens=" + maxTokens.getAsInt() + ", got " + minTokens
                            + ".",
                    "min_tokens");
        }
        boolean stream = fields.bool("stream", false);
        RequestFields streamOptions = fields.object("stream_options");
        if (streamOptions != null && !stream) {
            throw ApiException.badRequest("Stream options can only be defined when `stream=True`.", "stream_options");
        }
        Long priority = fields.longInteger("priority");
        if (priority != null && priority != 0) {
            throw ApiException.badRequest(
                    "Got priority " + priority + " but Priority scheduling is not enabled.", "priority");
        }
        String salt = fields.string("cache_salt");
        if (salt != null && (salt.isEmpty() || salt.length() > 1024)) {
            throw ApiException.badRequest("cache_salt must be a string of 1 to 1024 characters.", "cache_salt");
        }
        List<String> stop = fields.strings("stop");
        if (stop.stream().anyMatch(String::isEmpty)) {
            throw ApiException.badRequest("stop cannot contain an empty string.", "stop");
        }
        structuredOutputs(fields);
        Long seed = fields.longInteger("seed");
        int n = atLeast(fields, "n", 1, 1);
        if (n > MAX_N) {
            throw ApiException.badRequest("n must be at most " + MAX_N + ", got " + n + ".", "n");
        }
        return new Sampling(
                maxTokens,
                minTokens,
                n,
                fields.bool("ignore_eos", false),
                stop,
                fields.tokens("stop_token_ids"),
                fields.bool("include_stop_str_in_output", false),
                seed == null ? 0 : seed,
                outputTokens(fields, outputTokensHeader),
                salt,
                stream,
                streamOptions != null && streamOptions.bool("include_usage", false),
                streamOptions != null && streamOptions.bool("continuous_usage_stats", false),
                atLeast(fields, "stream_interval", 1, 1),
                fields.bool("return_token_ids", false));
    }

    private static OptionalInt outputTokens(RequestFields fields, @Nullable String header) {
        if (header != null) {
            try {
                int value = Integer.parseInt(header.strip());
                if (value >= 1) {
                    return OptionalInt.of(value);
                }
            } catch (NumberFormatException e) {
                throw ApiException.badRequest("X-Sim-Output-Tokens: not a number", "X-Sim-Output-Tokens");
            }
            throw ApiException.badRequest("X-Sim-Output-Tokens must be at least 1", "X-Sim-Output-Tokens");
        }
        RequestFields xargs = fields.object("vllm_xargs");
        if (xargs == null || !xargs.has("sim_output_tokens")) {
            return OptionalInt.empty();
        }
        return OptionalInt.of(atLeast(xargs, "sim_output_tokens", 1, 1));
    }

    private static void structuredOutputs(RequestFields fields) {
        RequestFields outputs = fields.object("structured_outputs");
        if (outputs == null) {
            return;
        }
        int kinds = 0;
        for (String kind : List.of("json", "regex", "choice", "grammar", "json_object", "structural_tag")) {
            JsonNode value = outputs.get(kind);
            kinds += value == null || value.isBoolean() && !value.booleanValue() ? 0 : 1;
        }
        if (kinds > 1) {
            throw ApiException.badRequest(
                    "You can only use one kind of constraints for structured outputs ('json', 'regex', 'choice' ...).",
                    "structured_outputs");
        }
    }

    private static int atLeast(RequestFields fields, String name, int least, int absent) {
        Integer value = fields.integer(name);
        if (value == null) {
            return absent;
        }
        if (value < least) {
            throw ApiException.badRequest(name + " must be at least " + least + ", got " + value + ".", name);
        }
        return value;
    }
}
