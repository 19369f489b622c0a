package io.llmd.simulator.output;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.engine.OutputTokens;
import io.llmd.simulator.token.ContentHash;
import io.llmd.simulator.token.SeededText;
import io.llmd.simulator.token.Tokenizer;
import org.jspecify.annotations.Nullable;

/**
 * The whole output of one choice, decided before it is computed: text is a function of seed and prompt, so that every
 * endpoint, retry and recompute gives the same.
 *
 * @param length tokens
 * @param maxTokens limit that applied
 * @param stopReason stop string or stop token that ended it
 * @param visibleChars characters of the text that the client sees
 */
public record OutputPlan(
        OutputTokens tokens,
        int length,
        int maxTokens,
        FinishReason reason,
        @Nullable Object stopReason,
        int visibleChars) {

    public static OutputPlan of(SimulatorSettings settings, int[] prompt, Sampling sampling, int choice) {
        int room = settings.maxModelLen() - prompt.length;
        int maxTokens = sampling.maxTokens().orElse(room);
        long key = CounterRandom.bits(
                CounterRandom.bits(settings.seed(), ContentHash.of(prompt), sampling.seed()), choice, 0);
        SeededText tokens = new SeededText(key);
        int wanted = wantedTokens(settings, sampling, key, maxTokens);
        OutputPlan whole = new OutputPlan(
                tokens,
                Math.min(Math.max(wanted, sampling.minTokens()), maxTokens),
                maxTokens,
                wanted < maxTokens ? FinishReason.STOP : FinishReason.LENGTH,
                null,
                Integer.MAX_VALUE);
        return sampling.stop().isEmpty() && sampling.stopTokenIds().length == 0 ? whole : whole.stopped(sampling);
    }

    /** The plan of work without output. */
    public static OutputPlan none() {
        return new OutputPlan(index -> 0, 0, 0, FinishReason.STOP, null, 0);
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
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            int token = tokens.tokenAt(i);
            int before = text.length();
            text.append(Tokenizer.decode(token));
            if (i + 1 <= sampling.minTokens()) {
                continue;
            }
            if (sampling.isStopToken(token)) {
                return new OutputPlan(tokens, i + 1, maxTokens, FinishReason.STOP, token, before);
            }
            for (String stop : sampling.stop()) {
                int found = text.indexOf(stop, Math.max(0, before - longest + 1));
                if (found >= 0) {
                    int visible = sampling.includeStop() ? found + stop.length() : found;
                    return new OutputPlan(tokens, i + 1, maxTokens, FinishReason.STOP, stop, visible);
                }
            }
        }
        return this;
    }

    /** Text of tokens {@code from} to {@code to}, the latter excluded, of which {@code charsBefore} were shown before. */
    public String text(int from, int to, int charsBefore) {
        StringBuilder text = new StringBuilder();
        for (int i = from; i < to; i++) {
            text.append(Tokenizer.decode(tokens.tokenAt(i)));
        }
        int visible = Math.clamp(visibleChars - (long) charsBefore, 0, text.length());
        text.setLength(visible);
        return text.toString();
    }
}
