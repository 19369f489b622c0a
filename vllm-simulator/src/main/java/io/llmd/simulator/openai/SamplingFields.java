package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.PythonText;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.output.OutputSource;
import io.llmd.simulator.output.Sampling;
import io.llmd.simulator.token.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads and checks the sampling fields that all generation endpoints share, in vLLM's order. */
public final class SamplingFields {
    /** Header that dictates the length of an answer. */
    public static final String OUTPUT_TOKENS_HEADER = "x-sim-output-tokens";

    private static final int MAX_N = 16_384;
    private static final double GREEDY = 1e-5;

    private final SimulatorSettings settings;
    private final int vocabularySize;
    private final OptionalInt endOfText;

    public SamplingFields(SimulatorSettings settings, Tokenizer tokenizer) {
        this.settings = settings;
        vocabularySize = tokenizer.vocabularySize();
        endOfText = tokenizer.endOfText();
    }

    /**
     * Reads a request.
     *
     * @param outputTokens value of the header, absent if there is none
     * @param wanted limit that the request names
     * @param room tokens that the longest prompt leaves
     */
    public Sampling read(
            RequestFields fields, @Nullable String outputTokens, OptionalInt wanted, int room, OutputSource source) {
        int limit = Math.min(wanted.orElse(room), room);
        logitBias(fields);
        int n = orElse(fields.integer("n"), 1);
        arguments(fields, n, limit);
        List<String> stop = fields.strings("stop");
        if (stop.stream().anyMatch(String::isEmpty)) {
            throw ApiException.badRequest("stop cannot contain an empty string.", null);
        }
        badWords(fields);
        boolean samples = !fields.bool("use_beam_search", false);
        Double temperature = fields.number("temperature");
        if (samples && temperature != null && temperature < GREEDY && n > 1) {
            throw ApiException.badRequest("n must be 1 when using greedy sampling, got " + n + ".", null);
        }
        int[] stopTokens = stopTokens(fields);
        allowedTokens(fields);
        RequestFields streamOptions = fields.object("stream_options");
        boolean forced = settings.answers().forceIncludeUsage();
        boolean usage = forced || streamOptions != null && streamOptions.bool("include_usage", false);
        Long seed = fields.longInteger("seed");
        Long priority = fields.longInteger("priority");
        int minTokens = orElse(fields.integer("min_tokens"), 0);
        boolean ignoreEos = fields.bool("ignore_eos", false);
        OptionalInt certain = CertainToken.of(fields);
        boolean ends = certain.isPresent() && certain.equals(endOfText) && !ignoreEos;
        boolean repeats = certain.isPresent() && !certain.equals(endOfText) && source == OutputSource.WORDS;
        return new Sampling(
                wanted.isPresent() ? OptionalInt.of(limit) : wanted,
                minTokens,
                n,
                ignoreEos,
                fields.bool("detokenize", true) ? stop : List.of(),
                stopTokens,
                fields.bool("include_stop_str_in_output", false),
                seed == null ? 0 : seed,
                ends ? OptionalInt.of(minTokens + 1) : outputTokens(fields, outputTokens),
                fields.string("cache_salt"),
                priority == null ? 0 : priority,
                fields.bool("stream", false),
                usage,
                forced || usage && streamOptions != null && streamOptions.bool("continuous_usage_stats", false),
                Math.max(settings.answers().streamInterval(), orElse(fields.integer("stream_interval"), 1)),
                fields.bool("return_token_ids", false),
                repeats ? CertainToken.source(certain.getAsInt()) : bounded(source));
    }

    private static OutputSource bounded(OutputSource source) {
        return source == OutputSource.WORDS ? source : new BoundedSource(source);
    }

    private static void arguments(RequestFields fields, int n, int maxTokens) {
        if (n < 1) {
            throw ApiException.badRequest("n must be at least 1, got " + n + ".", null);
        }
        if (n > MAX_N) {
            throw ApiException.badRequest(
                    "n must be at most " + MAX_N + ", got " + n
                            + ". To increase this limit, set the VLLM_MAX_N_SEQUENCES environment variable.",
                    null);
        }
        penalty(fields, "presence_penalty");
        penalty(fields, "frequency_penalty");
        Double repetition = fields.number("repetition_penalty");
        if (repetition != null && !Double.isFinite(repetition)) {
            throw ApiException.badRequest(
                    "repetition_penalty must be a finite number, got " + PythonText.repr(repetition) + ".", null);
        }
        if (repetition != null && repetition <= 0) {
            throw ApiException.badRequest(
                    "repetition_penalty must be greater than zero, got " + PythonText.repr(repetition) + ".", null);
        }
        temperature(fields.number("temperature"));
        Double topP = fields.number("top_p");
        if (topP != null && !(topP > 0 && topP <= 1)) {
            throw ApiException.parameter("top_p must be in (0, 1], got " + PythonText.repr(topP) + ".", "top_p", topP);
        }
        Integer topK = fields.integer("top_k");
        if (topK != null && topK < -1) {
            throw ApiException.badRequest("top_k must be 0 (disable), or at least 1, got " + topK + ".", null);
        }
        Double minP = fields.number("min_p");
        if (minP != null && !(minP >= 0 && minP <= 1)) {
            throw ApiException.badRequest("min_p must be in [0, 1], got " + PythonText.repr(minP) + ".", null);
        }
        lengths(orElse(fields.integer("min_tokens"), 0), maxTokens);
    }

    private static void penalty(RequestFields fields, String name) {
        Double value = fields.number(name);
        if (value != null && !(value >= -2 && value <= 2)) {
            throw ApiException.badRequest(name + " must be in [-2, 2], got " + PythonText.repr(value) + ".", null);
        }
    }

    private static void temperature(@Nullable Double value) {
        if (value == null) {
            return;
        }
        String bound = !Double.isFinite(value) ? "a finite number" : value < 0 ? "non-negative" : "in [0, 2]";
        if (!(value >= 0 && value <= 2)) {
            throw ApiException.parameter(
                    "temperature must be " + bound + ", got " + PythonText.repr(value) + ".", "temperature", value);
        }
    }

    private static void lengths(int minTokens, int maxTokens) {
        if (maxTokens < 1) {
            throw ApiException.parameter(
                    "max_tokens must be at least 1, got " + maxTokens + ".", "max_tokens", maxTokens);
        }
        if (minTokens < 0) {
            throw ApiException.badRequest(
                    "min_tokens must be greater than or equal to 0, got " + minTokens + ".", null);
        }
        if (minTokens > maxTokens) {
            throw ApiException.badRequest(
                    "min_tokens must be less than or equal to max_tokens=" + maxTokens + ", got " + minTokens + ".",
                    null);
        }
    }

    private static void badWords(RequestFields fields) {
        List<String> words = fields.strings("bad_words");
        if (words.stream().anyMatch(String::isEmpty)) {
            throw ApiException.badRequest(
                    "bad_words cannot contain an empty string. Got bad_words=" + PythonText.repr(words), null);
        }
    }

    private void logitBias(RequestFields fields) {
        if (!(fields.get("logit_bias") instanceof ObjectNode bias)) {
            return;
        }
        List<String> strange = new ArrayList<>();
        List<Integer> outside = new ArrayList<>();
        for (String key : bias.propertyNames()) {
            if (!key.matches("\\s*[+-]?\\d{1,9}\\s*")) {
                strange.add(key);
            } else if (isOutside(Integer.parseInt(key.strip()))) {
                outside.add(Integer.parseInt(key.strip()));
            }
        }
        if (!strange.isEmpty()) {
            throw ApiException.parameter(
                    "logit_bias contains key(s) that cannot be converted to integer token IDs: "
                            + PythonText.repr(strange),
                    "logit_bias",
                    strange);
        }
        if (!outside.isEmpty()) {
            throw outsideVocabulary("logit_bias", outside);
        }
    }

    private int[] stopTokens(RequestFields fields) {
        JsonNode node = fields.get("stop_token_ids");
        if (node == null) {
            return new int[0];
        }
        int[] tokens = new int[node.size()];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = node.get(i).canConvertToInt() ? node.get(i).intValue() : Integer.MAX_VALUE;
        }
        List<Integer> outside =
                Arrays.stream(tokens).filter(this::isOutside).boxed().toList();
        if (!outside.isEmpty()) {
            throw outsideVocabulary("stop_token_ids", outside);
        }
        return tokens;
    }

    private ApiException outsideVocabulary(String name, List<Integer> tokens) {
        return ApiException.parameter(
                "token_id(s) " + tokens + " in " + name + " contain out-of-vocab token ids. Vocabulary size: "
                        + vocabularySize,
                name,
                tokens);
    }

    private void allowedTokens(RequestFields fields) {
        JsonNode node = fields.get("allowed_token_ids");
        if (node == null) {
            return;
        }
        if (node.isEmpty()) {
            throw ApiException.parameter("allowed_token_ids is not None and empty!", "allowed_token_ids", List.of());
        }
        List<Object> outside = new ArrayList<>();
        for (JsonNode token : node) {
            if (!token.canConvertToInt() || isOutside(token.intValue())) {
                outside.add(Json.plain(token));
            }
        }
        if (!outside.isEmpty()) {
            throw ApiException.parameter(
                    "allowed_token_ids contains out-of-vocab token id!", "allowed_token_ids", outside);
        }
    }

    private boolean isOutside(int token) {
        return token < 0 || token >= vocabularySize;
    }

    /** The alternatives to output and prompt tokens; at most as many as the settings allow. */
    public LogprobOptions logprobs(RequestFields fields, OptionalInt output, OptionalInt prompt) {
        Boolean ids = fields.has("return_tokens_as_token_ids")
                ? Boolean.valueOf(fields.bool("return_tokens_as_token_ids", false))
                : Boolean.valueOf(settings.answers().tokensAsIds());
        return new LogprobOptions(
                bounded(output, "sample logprobs", "logprobs"),
                bounded(prompt, "prompt logprobs", "prompt_logprobs"),
                ids);
    }

    private OptionalInt bounded(OptionalInt count, String what, String name) {
        if (count.isEmpty()) {
            return count;
        }
        int most = settings.answers().maxLogprobs() < 0
                ? vocabularySize
                : settings.answers().maxLogprobs();
        int wanted = count.getAsInt() == -1 ? vocabularySize : count.getAsInt();
        if (wanted > most) {
            throw ApiException.parameter(
                    "Requested " + what + " of " + wanted + ", which is greater than max allowed: " + most,
                    name,
                    wanted);
        }
        return OptionalInt.of(wanted);
    }

    private static OptionalInt outputTokens(RequestFields fields, @Nullable String header) {
        if (header != null) {
            try {
                return OptionalInt.of(positive("X-Sim-Output-Tokens", Integer.parseInt(header.strip())));
            } catch (NumberFormatException e) {
                throw ApiException.badRequest("X-Sim-Output-Tokens: not a number", "X-Sim-Output-Tokens");
            }
        }
        RequestFields xargs = fields.object("vllm_xargs");
        Integer dictated = xargs == null ? null : xargs.integer("sim_output_tokens");
        return dictated == null ? OptionalInt.empty() : OptionalInt.of(positive("sim_output_tokens", dictated));
    }

    private static int positive(String name, int value) {
        if (value < 1) {
            throw ApiException.badRequest(name + " must be at least 1, got " + value + ".", name);
        }
        return value;
    }

    private static int orElse(@Nullable Integer value, int otherwise) {
        return value == null ? otherwise : value;
    }
}
