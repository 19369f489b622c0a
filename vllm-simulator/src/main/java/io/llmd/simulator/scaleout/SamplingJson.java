package io.llmd.simulator.scaleout;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.output.Sampling;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Sampling parameters as vLLM writes them: most that keep their default are left out. */
final class SamplingJson {
    private static final int DELTA = 1;
    private static final int FINAL_ONLY = 2;

    private SamplingJson() {}

    static ObjectNode of(RequestFields fields, Sampling sampling, int maxTokens) {
        ObjectNode json = Json.object();
        if (sampling.n() != 1) {
            json.put("n", sampling.n());
        }
        double temperature = orElse(fields.number("temperature"), 1);
        json.put("presence_penalty", orElse(fields.number("presence_penalty"), 0));
        json.put("frequency_penalty", orElse(fields.number("frequency_penalty"), 0));
        json.put("repetition_penalty", orElse(fields.number("repetition_penalty"), 1));
        json.put("temperature", temperature);
        if (temperature > 0) {
            json.put("top_p", orElse(fields.number("top_p"), 1));
            Integer topK = fields.integer("top_k");
            if (topK != null && topK > 0) {
                json.put("top_k", topK);
            }
            json.put("min_p", orElse(fields.number("min_p"), 0));
        }
        copy(fields, "seed", json);
        ArrayNode stop = json.putArray("stop");
        sampling.stop().forEach(stop::add);
        ArrayNode stopTokens = json.putArray("stop_token_ids");
        for (int token : sampling.stopTokenIds()) {
            stopTokens.add(token);
        }
        if (sampling.ignoreEos()) {
            json.put("ignore_eos", true);
        }
        json.put("max_tokens", maxTokens);
        if (sampling.minTokens() > 0) {
            json.put("min_tokens", sampling.minTokens());
        }
        boolean promptLogprobs = fields.has("prompt_logprobs");
        logprobs(fields, json);
        if (sampling.includeStop()) {
            json.put("include_stop_str_in_output", true);
        }
        if (!fields.bool("skip_special_tokens", true) || looksForCalls(fields)) {
            json.put("skip_special_tokens", false);
        }
        json.put("output_kind", sampling.stream() ? DELTA : FINAL_ONLY).put("skip_clone", true);
        copy(fields, "logit_bias", json);
        copy(fields, "allowed_token_ids", json);
        ObjectNode more = json.putObject("extra_args");
        copy(fields, "kv_transfer_params", more);
        copy(fields, "ec_transfer_params", more);
        if (more.isEmpty() && !fields.has("input")) {
            json.remove("extra_args");
        }
        ArrayNode badWords = json.putArray("bad_words");
        fields.strings("bad_words").forEach(badWords::add);
        return json.put("skip_reading_prefix_cache", promptLogprobs);
    }

    /** Parsers of calls must see the special tokens. */
    private static boolean looksForCalls(RequestFields fields) {
        JsonNode choice = fields.get("tool_choice");
        return fields.truthy("tools") && (choice == null || !choice.asString("").equals("none"));
    }

    /** Chats wish for them by two fields, completions by one. */
    private static void logprobs(RequestFields fields, ObjectNode json) {
        JsonNode wanted = fields.get("logprobs");
        if (wanted != null && wanted.isBoolean() && wanted.booleanValue()) {
            Integer top = fields.integer("top_logprobs");
            json.put("logprobs", top == null ? 0 : top);
        } else if (wanted != null && wanted.isNumber()) {
            json.set("logprobs", wanted);
        }
        copy(fields, "prompt_logprobs", json);
    }

    private static void copy(RequestFields fields, String name, ObjectNode json) {
        JsonNode value = fields.get(name);
        if (value != null) {
            json.set(name, value);
        }
    }

    private static double orElse(@Nullable Double value, double otherwise) {
        return value == null ? otherwise : value;
    }
}
