package io.llmd.scheduler.scheduling;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What scheduling reads of a request body.
 *
 * @param api kind of request
 * @param model model name in the body, empty when the format has none
 * @param stream whether the answer is streamed
 * @param maxOutputTokens the client's limit for each answer, -1 when it gave none
 * @param choices answers to each prompt, at least 1
 * @param prompts one per prompt; empty for a body that is not understood
 * @param cacheSalt separates prefix caches, empty when absent
 * @param sizeBytes size of the body
 * @param mediaHashes hashes of the images, videos and recordings in the prompts, each once; must not change
 * @param source what was read, for plugins that read it again; null when no plugin wants to
 */
public record RequestBody(
        Api api,
        String model,
        boolean stream,
        int maxOutputTokens,
        int choices,
        List<Prompt> prompts,
        String cacheSalt,
        int sizeBytes,
        long[] mediaHashes,
        @Nullable ClientBody source) {

    private static final long[] NO_MEDIA = {};

    /** What a request without a body says. */
    public static final RequestBody NONE = new RequestBody(Api.RAW, "", false, -1, List.of(), "", 0);

    /** Kinds of request. */
    public enum Api {
        CHAT_COMPLETIONS,
        COMPLETIONS,
        EMBEDDINGS,
        RESPONSES,
        CONVERSATIONS,
        IMAGES,
        /** Anthropic's messages. */
        MESSAGES,
        /** Tokens in, tokens out: what engines take that have no text API in between. */
        GENERATE,
        /** Not understood and passed through. */
        RAW
    }

    public RequestBody {
        Objects.requireNonNull(api, "api");
        Objects.requireNonNull(model, "model");
        if (choices < 1) {
            throw new IllegalArgumentException("choices: " + choices + " (expected: >= 1)");
        }
        prompts = List.copyOf(prompts);
        Objects.requireNonNull(cacheSalt, "cacheSalt");
        Objects.requireNonNull(mediaHashes, "mediaHashes");
    }

    /** A body with one answer to each prompt that is not read again. */
    public RequestBody(
            Api api,
            String model,
            boolean stream,
            int maxOutputTokens,
            List<Prompt> prompts,
            String cacheSalt,
            int sizeBytes,
            long[] mediaHashes) {
        this(api, model, stream, maxOutputTokens, 1, prompts, cacheSalt, sizeBytes, mediaHashes, null);
    }

    /** A body without media. */
    public RequestBody(
            Api api,
            String model,
            boolean stream,
            int maxOutputTokens,
            List<Prompt> prompts,
            String cacheSalt,
            int sizeBytes) {
        this(api, model, stream, maxOutputTokens, prompts, cacheSalt, sizeBytes, NO_MEDIA);
    }

    /** The same body, which can be read again. */
    public RequestBody withSource(ClientBody body) {
        return new RequestBody(
                api, model, stream, maxOutputTokens, choices, prompts, cacheSalt, sizeBytes, mediaHashes, body);
    }

    /** The same body with other prompts, not to be read again. */
    public RequestBody withPrompts(List<Prompt> others) {
        return new RequestBody(
                api, model, stream, maxOutputTokens, choices, others, cacheSalt, sizeBytes, mediaHashes, null);
    }

    /** The same body with so many answers to each prompt. */
    public RequestBody withChoices(int count) {
        return new RequestBody(
                api, model, stream, maxOutputTokens, count, prompts, cacheSalt, sizeBytes, mediaHashes, source);
    }

    /** Answers to all prompts, which an engine computes as sequences of their own. */
    public int answers() {
        return choices * Math.max(1, prompts.size());
    }

    /** Whether there are prompts, and all have the engine's tokens. */
    public boolean isExact() {
        for (int i = 0; i < prompts.size(); i++) {
            if (!prompts.get(i).isExact()) {
                return false;
            }
        }
        return !prompts.isEmpty();
    }

    /** Tokens of all prompts. */
    public int promptTokens() {
        int tokens = 0;
        for (int i = 0; i < prompts.size(); i++) {
            tokens += prompts.get(i).tokens();
        }
        return tokens;
    }
}
