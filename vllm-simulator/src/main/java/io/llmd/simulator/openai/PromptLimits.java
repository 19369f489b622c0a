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
    private final boolean before30;

    public PromptLimits(SimulatorSettings settings) {
        most = settings.maxModelLen();
        before30 = !settings.preset().isAtLeast(30);
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

    /**
     * Answers 400 to a prompt that leaves less than is wanted, as releases before 0.30 do; newer ones give what is left.
     *
     * @param text whether the prompt came as text, see {@link #roomOfText}
     */
    public void checkTotal(RenderedPrompt prompt, int wanted, boolean text) {
        if (!before30 || prompt.length() + wanted <= most) {
            return;
        }
        int told = text ? most - wanted + 1 : prompt.length();
        String least = text ? "at least " : "";
        throw ApiException.parameter(
                "This model's maximum context length is " + most + " tokens. However, you requested " + wanted
                        + " output tokens and your prompt contains " + least + told + " input tokens, for a total of "
                        + least + (told + wanted) + " tokens. Please reduce the length of the input prompt or the"
                        + " number of requested output tokens.",
                "input_tokens",
                told);
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
