package io.llmd.simulator.openai;

import io.llmd.simulator.api.Json;
import java.util.OptionalInt;
import tools.jackson.databind.node.ObjectNode;

/**
 * Token counts of an answer.
 *
 * @param cachedTokens prompt tokens found in the prefix cache, absent if not told
 * @param createdTokens prompt tokens that the prefix cache got, absent if not told
 * @param reasoningTokens completion tokens of reasoning, absent if not told
 * @param before30 whether there are no keys for what is not told by releases before 0.30
 */
public record Usage(
        int promptTokens,
        int completionTokens,
        OptionalInt cachedTokens,
        OptionalInt createdTokens,
        OptionalInt reasoningTokens,
        boolean before30) {

    /** All tokens. */
    public int totalTokens() {
        return promptTokens + completionTokens;
    }

    /** As in complete answers: what is not told is null. */
    public ObjectNode complete() {
        ObjectNode usage = counts();
        if (cachedTokens.isPresent()) {
            ObjectNode details = usage.putObject("prompt_tokens_details");
            put(details, "cached_tokens", cachedTokens);
            if (!before30) {
                put(details, "created_cache_tokens", createdTokens);
                details.putNull("multimodal_tokens");
            }
        } else {
            usage.putNull("prompt_tokens_details");
        }
        return before30 ? usage : withReasoning(usage);
    }

    /** As in chunks of chats that tell their usage all the time. */
    public ObjectNode running() {
        return before30 ? counts() : withReasoning(counts());
    }

    private ObjectNode withReasoning(ObjectNode usage) {
        if (reasoningTokens.isPresent()) {
            usage.putObject("completion_tokens_details").put("reasoning_tokens", reasoningTokens.getAsInt());
        } else {
            usage.putNull("completion_tokens_details");
        }
        return usage;
    }

    /** As at the end of event streams: what is not told is left out. */
    public ObjectNode streamed() {
        ObjectNode usage = counts();
        if (cachedTokens.isPresent()) {
            ObjectNode details = usage.putObject("prompt_tokens_details").put("cached_tokens", cachedTokens.getAsInt());
            createdTokens.ifPresent(created -> details.put("created_cache_tokens", created));
        }
        reasoningTokens.ifPresent(
                reasoning -> usage.putObject("completion_tokens_details").put("reasoning_tokens", reasoning));
        return usage;
    }

    /** The plain counts, as in every chunk of a stream that tells its usage all the time. */
    public ObjectNode counts() {
        return Json.object()
                .put("prompt_tokens", promptTokens)
                .put("total_tokens", totalTokens())
                .put("completion_tokens", completionTokens);
    }

    private static void put(ObjectNode node, String name, OptionalInt value) {
        if (value.isPresent()) {
            node.put(name, value.getAsInt());
        } else {
            node.putNull(name);
        }
    }
}
