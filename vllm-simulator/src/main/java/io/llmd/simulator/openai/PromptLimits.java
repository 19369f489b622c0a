package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.token.RenderedPrompt;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What fits into the model's length. */
public final class PromptLimits {
    private final int most;

    public PromptLimits(SimulatorSettings settings) {
        most = settings.maxModelLen();
    }

    /** Answers 400 to limits that no prompt could keep. */
    public void checkWanted(RequestFields fields, String name, @Nullable Integer maxTokens) {
        if (maxTokens != null && maxTokens > most) {
            throw ApiException.parameter(
                    name + "=" + maxTokens + " cannot be greater than max_model_len=" + most
                            + ". Please request fewer output tokens.",
                    name,
                    maxTokens);
        }
        Integer truncate = fields.integer("truncate_prompt_tokens");
        if (truncate != null && truncate > most) {
            throw ApiException.parameter(
                    "truncate_prompt_tokens=" + truncate + " cannot be greater than max_model_len = " + most
                            + ". Please request a smaller truncation size.",
                    "truncate_prompt_tokens",
                    truncate);
        }
    }

    /** The part of a prompt that the request keeps; its start, unless the request says its end. */
    public RenderedPrompt truncated(RequestFields fields, RenderedPrompt prompt) {
        Integer wanted = fields.integer("truncate_prompt_tokens");
        if (wanted == null) {
            return prompt;
        }
        int length = wanted < 0 ? most - 1 : wanted;
        if (length >= prompt.length()) {
            return prompt;
        }
        boolean left = "left".equals(fields.string("truncation_side"));
        int start = left ? prompt.length() - length : 0;
        int[] kept = Arrays.copyOfRange(prompt.tokens(), start, start + length);
        return new RenderedPrompt(
                kept,
                prompt.media().stream()
                        .filter(item -> item.offset() >= start && item.offset() + item.length() <= start + length)
                        .map(item -> item.movedBy(-start))
                        .toList());
    }

    /** Tokens that a prompt leaves; 400 for a prompt that is too long or empty. */
    public int room(RenderedPrompt prompt) {
        return room(prompt, prompt.length());
    }

    /**
     * The same for a prompt that came as text, of which vLLM counts no more tokens than it needs to see that they are
     * too many.
     */
    public int roomOfText(RenderedPrompt prompt) {
        return room(prompt, most + 1);
    }

    private int room(RenderedPrompt prompt, int told) {
        if (prompt.length() == 0) {
            throw ApiException.badRequest("The decoder prompt cannot be empty", null);
        }
        if (prompt.length() > most) {
            throw ApiException.parameter(
                    "This model's maximum context length is " + most + " tokens. However, your prompt contains "
                            + (told == most + 1 ? "at least " : "") + told
                            + " input tokens, which exceeds this limit even without any output tokens. Please reduce"
                            + " the length of the input prompt.",
                    "input_tokens",
                    told);
        }
        return most - prompt.length();
    }
}
