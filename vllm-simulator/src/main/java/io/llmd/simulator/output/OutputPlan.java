package io.llmd.simulator.output;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.engine.OutputTokens;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.TokenDecoder;
import io.llmd.simulator.token.Tokenizer;
import org.jspecify.annotations.Nullable;

/**
 * The whole output of one choice, decided before it is computed: text is a function of seed and prompt, so that every
 * endpoint, retry and recompute gives the same.
 *
 * @param tokenizer gives the tokens their text
 * @param length tokens
 * @param maxTokens limit that applied
 * @param stopReason stop string or stop token that ended it
 * @param visibleChars characters of the text that the client sees
 */
public record OutputPlan(
        Tokenizer tokenizer,
        OutputTokens tokens,
        int length,
        int maxTokens,
        FinishReason reason,
        @Nullable Object stopReason,
        int visibleChars) {

    public static OutputPlan of(
            SimulatorSettings settings, Tokenizer tokenizer, RenderedPrompt prompt, Sampling sampling, int choice) {
        int room = settings.maxModelLen() - prompt.length();
        int maxTokens = sampling.maxTokens().orElse(room);
        long key = CounterRandom.bits(
                CounterRandom.bits(settings.seed(), prompt.contentHash(), sampling.seed()), choice, 0);
        int wanted = wantedTokens(settings, sampling, key, maxTokens);
        OutputPlan whole = new OutputPlan(
                tokenizer,
                tokenizer.output(key),
                Math.min(Math.max(wanted, sampling.minTokens()), maxTokens),
                maxTokens,
                wanted < maxTokens ? FinishReason.STOP : FinishReason.LENGTH,
                null,
                Integer.MAX_VALUE);
        return sampling.stop().isEmpty() && sampling.stopTokenIds().length == 0 ? whole : whole.stopped(sampling);
    }

    /** The plan of work without output. */
    public static OutputPlan none(Tokenizer tokenizer) {
        return new OutputPlan(tokenizer, index -> 0, 0, 0, FinishReason.STOP, null, 0);
    }

    private static int wantedTokens(SimulatorSettings settings, Sampling sampling, long key, int maxTokens) {
        if (sampling.outputTokens().isPresent()) {
            return sampling.outputTokens().getAsInt();
        }
        return sampling.ignoreEos() ? maxTokens : settings.outputLength().draw(key);
    }

    /** Cut at the first stop string or stop token at or after the minimum length. */
    private OutputPlan stopped(Sampling sampling) {
        int longest = sampling.stop().stream().mapToInt(String::length).max().orElse(0);
        TokenDecoder decoder = tokenizer.decoder();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            int token = tokens.tokenAt(i);
            int before = text.length();
            text.append(decoder.append(token));
            if (i + 1 <= sampling.minTokens()) {
                continue;
            }
            if (sampling.isStopToken(token)) {
                return new OutputPlan(tokenizer, tokens, i + 1, maxTokens, FinishReason.STOP, token, before);
            }
            for (String stop : sampling.stop()) {
                int found = text.indexOf(stop, Math.max(0, before - longest + 1));
                if (found >= 0) {
                    int visible = sampling.includeStop() ? found + stop.length() : found;
                    return new OutputPlan(tokenizer, tokens, i + 1, maxTokens, FinishReason.STOP, stop, visible);
                }
            }
        }
        return this;
    }

    /** The text as the client sees it, from its start. */
    public OutputText text() {
        return new OutputText(this);
    }
}
