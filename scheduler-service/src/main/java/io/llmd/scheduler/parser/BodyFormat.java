package io.llmd.scheduler.parser;

import io.llmd.scheduler.scheduling.RequestBody.Api;

/** The JSON bodies that can be read, and what their members are called. */
enum BodyFormat {
    CHAT_COMPLETIONS(Api.CHAT_COMPLETIONS, "messages", "a list with at least one message"),
    COMPLETIONS(Api.COMPLETIONS, "prompt", "text, a list of texts, or token ids"),
    EMBEDDINGS(Api.EMBEDDINGS, "input", "text, a list of texts, or token ids"),
    RESPONSES(Api.RESPONSES, "input", "text or a list of items"),
    CONVERSATIONS(Api.CONVERSATIONS, "items", "a list of items"),
    IMAGES(Api.IMAGES, "prompt", "text"),
    ANTHROPIC_MESSAGES(Api.MESSAGES, "messages", "a list with at least one message"),
    VLLM_GENERATE(Api.GENERATE, "token_ids", "a list of token ids"),
    SGLANG_GENERATE(Api.GENERATE, "input_ids", "a list of token ids");

    private final Api api;
    private final String promptMember;
    private final String expectedPrompt;

    BodyFormat(Api api, String promptMember, String expectedPrompt) {
        this.api = api;
        this.promptMember = promptMember;
        this.expectedPrompt = expectedPrompt;
    }

    Api api() {
        return api;
    }

    String promptMember() {
        return promptMember;
    }

    /** What the prompt must be, for messages. */
    String expectedPrompt() {
        return expectedPrompt;
    }

    /** Whether the prompt is made of messages, each with a role and content. */
    boolean hasMessages() {
        return this == CHAT_COMPLETIONS || this == ANTHROPIC_MESSAGES;
    }

    /** Whether the prompt is one text, put together of several members. */
    boolean isFlattened() {
        return hasMessages() || this == RESPONSES || this == CONVERSATIONS;
    }

    /** Member that separates prefix caches. */
    String saltMember() {
        return this == SGLANG_GENERATE ? "extra_key" : "cache_salt";
    }

    /** Member of {@code sampling_params} with the client's limit of output tokens, empty when limits are beside the prompt. */
    String samplingLimit() {
        return switch (this) {
            case VLLM_GENERATE -> "max_tokens";
            case SGLANG_GENERATE -> "max_new_tokens";
            default -> "";
        };
    }

    /** SGLang's own API serves the one model of the engine. */
    boolean namesModel() {
        return this != SGLANG_GENERATE;
    }
}
