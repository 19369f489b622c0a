package io.llmd.simulator.recorded;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Exchanges in which the simulator differs from vLLM, and why. */
final class KnownDifferences {
    private static final String OTHER_WORDS = "the model says other words, so that it ends elsewhere";
    private static final String TOO_FAST = "replayed one after the other, so that it ends before it is aborted";
    private static final String EVERY_MODEL = "every model generates, embeds and scores";
    private static final String THRESHOLD = "a field of llm-d's vLLM";
    private static final String NEWER = "the shape and the words are those of 0.32";
    private static final String SCALE_OUT = "always on";
    private static final String ALIVE = "nothing dies while a request runs; FaultIT lets it";
    private static final String NO_FILES = "adapters have no files";
    private static final String LOADED_BEFORE = "it is there, from the path that does not exist";
    private static final String CHECKED_LATER = "only newer versions refuse it";
    private static final String CRASH = "an exception of that version";
    private static final String BY_SAMPLING = "found by sampling, token after token";
    private static final Map<String, String> DEATH = Map.of("stream under way", ALIVE, "whole answer under way", ALIVE);

    private static final Map<String, Map<String, String>> NEWEST = Map.ofEntries(
            Map.entry(
                    "core-start",
                    Map.of(
                            "GET /tokenizer_info", "tells less",
                            "HEAD /openapi.json", "HEAD is not served")),
            Map.entry("core-routing", Map.of("CORS preflight", "other origins are not told apart")),
            Map.entry(
                    "lora",
                    Map.of(
                            "load a path that does not exist", NO_FILES,
                            "load", LOADED_BEFORE)),
            Map.entry("death", DEATH),
            Map.entry(
                    "core-development",
                    Map.of(
                            "aborted by abort_requests", TOO_FAST,
                            "aborted by abort_requests, stream", TOO_FAST,
                            "aborted by pause", TOO_FAST,
                            "aborted by pause, stream", TOO_FAST)),
            Map.entry(
                    "core-chats",
                    Map.of(
                            "beam search",
                            "found by sampling, which knows its cached tokens",
                            "cache_hit_threshold",
                            THRESHOLD)),
            Map.entry(
                    "core-chat-errors",
                    Map.of(
                            "content part of unknown type", "a message of a Python library about its own types",
                            "content part image", "every model takes media",
                            "structured_outputs with a broken regex", "a message of a Rust library",
                            "cache_hit_threshold 2", THRESHOLD,
                            "use_beam_search with stream", BY_SAMPLING)),
            Map.entry("core-completions", Map.of("response_format json_object", OTHER_WORDS)),
            Map.entry(
                    "core-tools",
                    Map.of(
                            "tool_choice required", OTHER_WORDS,
                            "tool_choice required, stream", OTHER_WORDS,
                            "tool_choice named", OTHER_WORDS,
                            "tool_choice named, stream", OTHER_WORDS)),
            Map.entry(
                    "forced-tools",
                    Map.of("tool_choice auto, broken call, stream", "calls without an end are no calls here")),
            Map.entry(
                    "core-other-apis",
                    Map.of(
                            "messages, forced tool", OTHER_WORDS,
                            "/v1/embeddings on a generation model", EVERY_MODEL,
                            "/pooling on a generation model", EVERY_MODEL,
                            "/classify on a generation model", EVERY_MODEL,
                            "/score on a generation model", EVERY_MODEL,
                            "/v1/score on a generation model", EVERY_MODEL,
                            "/rerank on a generation model", EVERY_MODEL,
                            "/v1/rerank on a generation model", EVERY_MODEL,
                            "/v2/rerank on a generation model", EVERY_MODEL)),
            Map.entry(
                    "pooling",
                    Map.of(
                            "embeddings, dimensions",
                            "vectors have any length",
                            "embeddings, no input",
                            "fewer forms of input are known",
                            "classify",
                            EVERY_MODEL,
                            "chat on a pooling model",
                            EVERY_MODEL,
                            "completions on a pooling model",
                            EVERY_MODEL)),
            Map.entry(
                    "plain",
                    Map.of(
                            "generate", SCALE_OUT,
                            "render", SCALE_OUT,
                            "responses, background", "responses are always stored")));

    private static final Map<String, Map<String, String>> OLDER = Map.ofEntries(
            Map.entry(
                    "core-start",
                    Map.of(
                            "GET /tokenizer_info", "tells less",
                            "HEAD /openapi.json", "HEAD is not served")),
            Map.entry(
                    "core-routing",
                    Map.of(
                            "JSON array", CRASH,
                            "JSON string", CRASH,
                            "JSON null", CRASH,
                            "CORS preflight", "other origins are not told apart")),
            Map.entry("core-chats", Map.of("cache_hit_threshold", THRESHOLD)),
            Map.entry(
                    "core-chat-errors",
                    Map.ofEntries(
                            Map.entry("content part image", "every model takes media"),
                            Map.entry("tools and structured_outputs", CHECKED_LATER),
                            Map.entry("temperature 3", CHECKED_LATER),
                            Map.entry("five stop strings", CHECKED_LATER),
                            Map.entry("bad_words with an empty string", CRASH),
                            Map.entry("cache_salt of 129 characters", CHECKED_LATER),
                            Map.entry("cache_salt with a slash", CHECKED_LATER),
                            Map.entry("mm_processor_kwargs", CHECKED_LATER),
                            Map.entry("stream_interval 0", CHECKED_LATER),
                            Map.entry("cache_hit_threshold 2", THRESHOLD),
                            Map.entry("logprob_token_ids without logprobs", CHECKED_LATER),
                            Map.entry("use_beam_search with stream", BY_SAMPLING))),
            Map.entry("core-completions", Map.of("response_format json_object", OTHER_WORDS)),
            Map.entry("core-completion-errors", Map.of("max_tokens null", CRASH)),
            Map.entry("core-other-apis", otherApisOfOlder()),
            Map.entry("core-development", Map.of("aborted by pause", TOO_FAST, "aborted by pause, stream", TOO_FAST)),
            Map.entry("lora", Map.of("load a path that does not exist", NO_FILES, "load", LOADED_BEFORE)),
            Map.entry("nixl", Map.of("prefill leg, generate", NEWER)),
            Map.entry(
                    "death",
                    Map.of(
                            "stream under way", ALIVE,
                            "whole answer under way", ALIVE,
                            "messages after", NEWER)),
            Map.entry(
                    "core-tools",
                    Map.of(
                            "tool_choice none", "tools that are not to be called are not shown to the model",
                            "tool_choice required", OTHER_WORDS,
                            "tool_choice required, stream", NEWER,
                            "tool_choice named, stream", NEWER,
                            "tool_choice named, one token", NEWER)),
            Map.entry(
                    "forced-tools",
                    Map.of("tool_choice auto, broken call, stream", "calls without an end are no calls here")),
            Map.entry(
                    "plain",
                    Map.of(
                            "tool_choice named without a parser", NEWER,
                            "generate", NEWER,
                            "render", NEWER,
                            "responses, store without VLLM_ENABLE_RESPONSES_API_STORE", NEWER,
                            "responses, background", "responses are always stored")),
            Map.entry(
                    "access",
                    Map.of(
                            "no key, generate", NEWER,
                            "no key, v2 rerank", EVERY_MODEL,
                            "key, id given, refused", "errors carry the id, too")));

    /** Files with errors of which an older version says the same in other words, or of which it has none. */
    private static final Set<String> OTHER_ERRORS = Set.of(
            "core-routing",
            "core-chat-errors",
            "core-completion-errors",
            "core-other-apis",
            "core-development",
            "lora");

    private KnownDifferences() {}

    /** Chats and completions have the shape of an older version, other APIs do not. */
    private static Map<String, String> otherApisOfOlder() {
        Map<String, String> known = new HashMap<>();
        List.of(
                        "responses",
                        "responses, stored",
                        "responses, GET by id",
                        "responses, stream",
                        "responses, messages and instructions",
                        "responses, background",
                        "responses, previous id",
                        "responses, without model",
                        "responses, end of sequence forced",
                        "responses, X-Request-Id",
                        "messages, stream",
                        "messages, system and stop_sequences",
                        "messages, messages empty",
                        "messages, prompt too long",
                        "messages, forced tool, stream",
                        "generate",
                        "generate, stream",
                        "generate, stream with usage",
                        "generate, n=2",
                        "generate, logprobs",
                        "generate, request_id",
                        "generate, X-Request-Id",
                        "generate, long twice 1",
                        "generate, long twice 2",
                        "render chat",
                        "render chat, all fields",
                        "render chat, return_token_offsets",
                        "render completions",
                        "render completions, two prompts",
                        "render completions, token ids",
                        "render responses",
                        "render messages",
                        "chat batch",
                        "chat batch, stream",
                        "chat batch, tools")
                .forEach(name -> known.put(name, NEWER));
        List.of("/v1/embeddings", "/pooling", "/classify", "/score", "/v1/score", "/rerank", "/v1/rerank", "/v2/rerank")
                .forEach(path -> known.put(path + " on a generation model", EVERY_MODEL));
        return known;
    }

    static boolean errorsHaveOtherWords(String version, String file) {
        return version.equals("0.21.0") && OTHER_ERRORS.contains(file);
    }

    /** Names of exchanges of a file, and reasons. */
    static Map<String, String> of(String version, String file) {
        Map<String, Map<String, String>> files = version.equals("0.21.0") ? OLDER : NEWEST;
        return new HashMap<>(files.getOrDefault(file, Map.of()));
    }
}
