package io.llmd.simulator.openai;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.SequenceEnd;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * Token counts of an answer.
 *
 * @param cachedTokens prompt tokens found in the prefix cache; 0 is not told
 */
record Usage(int promptTokens, int completionTokens, int cachedTokens) {

    /** Counts what was sent so far; prompts count once for all their choices. */
    static Usage of(List<Choice> choices, boolean tellCached) {
        int prompts = 0;
        int completions = 0;
        int cached = 0;
        int[] counted = {};
        for (Choice choice : choices) {
            SequenceEnd end = choice.end();
            completions += end == null ? choice.sent() : choice.produced();
            if (choice.prompt() != counted) {
                counted = choice.prompt();
                prompts += counted.length;
                cached += end == null ? 0 : end.cachedTokens();
            }
        }
        return new Usage(prompts, completions, tellCached ? cached : 0);
    }

    /** As in complete answers. */
    ObjectNode complete() {
        ObjectNode usage = counts();
        if (cachedTokens > 0) {
            usage.putObject("prompt_tokens_details").put("cached_tokens", cachedTokens);
        } else {
            usage.putNull("prompt_tokens_details");
        }
        return usage;
    }

    /** As in event streams. */
    ObjectNode streamed() {
        ObjectNode usage = counts();
        if (cachedTokens > 0) {
            usage.putObject("prompt_tokens_details").put("cached_tokens", cachedTokens);
        }
        return usage;
    }

    private ObjectNode counts() {
        return Json.object()
                .put("prompt_tokens", promptTokens)
                .put("total_tokens", promptTokens + completionTokens)
                .put("completion_tokens", completionTokens);
    }
}
