package io.llmd.simulator.output;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.engine.OutputTokens;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.TokenDecoder;
import io.llmd.simulator.token.Tokenizer;
import java.util.List;
import java.util.OptionalInt;
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
 * @param heldChars characters at the end of an unfinished text that may become part of a stop string
 * @param parts what the text consists of, see {@link Script#parts()}
 * @param reasoningTokens leading tokens that the model thinks with
 */
public record OutputPlan(
        Tokenizer tokenizer,
        OutputTokens tokens,
        int length,
        int maxTokens,
        FinishReason reason,
        @Nullable Object stopReason,
        int visibleChars,
        int heldChars,
        List<Script.Part> parts,
        int reasoningTokens) {
    public OutputPlan {
        parts = List.copyOf(parts);
    }

    /** Plans one choice of a request. */
    public static OutputPlan of(
            SimulatorSettings settings, Tokenizer tokenizer, RenderedPrompt prompt, Sampling sampling, int choice) {
        int room = settings.maxModelLen() - prompt.length();
        int maxTokens = Math.min(sampling.maxTokens().orElse(room), room);
        long key = CounterRandom.bits(
                CounterRandom.bits(settings.seed(), prompt.contentHash(), sampling.seed()), choice, 0);
        int wanted = wantedTokens(settings, sampling, key, maxTokens);
        int length = Math.min(Math.max(wanted, sampling.minTokens()), maxTokens);
        Script script = sampling.source().script(key, length, wanted < maxTokens);
        OutputPlan whole = script == null
                ? words(tokenizer, key, length, maxTokens, wanted < maxTokens)
                : scripted(tokenizer, script, maxTokens);
        return sampling.stop().isEmpty() && sampling.stopTokenIds().length == 0 ? whole : whole.stopped(sampling);
    }

    private static OutputPlan words(Tokenizer tokenizer, long key, int length, int maxTokens, boolean endsItself) {
        OutputTokens words = tokenizer.output(key);
        OptionalInt end = tokenizer.endOfText();
        OutputTokens tokens =
                endsItself && end.isPresent() ? i -> i == length - 1 ? end.getAsInt() : words.tokenAt(i) : words;
        FinishReason reason = endsItself ? FinishReason.STOP : FinishReason.LENGTH;
        return new OutputPlan(tokenizer, tokens, length, maxTokens, reason, null, Integer.MAX_VALUE, 0, List.of(), 0);
    }

    private static OutputPlan scripted(Tokenizer tokenizer, Script script, int maxTokens) {
        int[] tokens = script.tokens();
        OptionalInt end = script.endsItself() ? tokenizer.endOfText() : OptionalInt.empty();
        int length = tokens.length + (end.isPresent() ? 1 : 0);
        boolean fits = script.endsItself() && length <= maxTokens;
        int reasoning = script.parts().stream()
                .filter(Script.Reasoning.class::isInstance)
                .mapToInt(part -> script.tokensUpTo(tokenizer, part.end()))
                .max()
                .orElse(0);
        return new OutputPlan(
                tokenizer,
                i -> i < tokens.length ? tokens[i] : end.orElse(0),
                Math.clamp(length, 1, maxTokens),
                maxTokens,
                fits ? FinishReason.STOP : FinishReason.LENGTH,
                null,
                Integer.MAX_VALUE,
                0,
                script.parts(),
                reasoning);
    }

    /** The plan of work without output. */
    public static OutputPlan none(Tokenizer tokenizer) {
        return new OutputPlan(tokenizer, index -> 0, 0, 0, FinishReason.STOP, null, 0, 0, List.of(), 0);
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
                return stoppedAt(sampling, i + 1, token, before);
            }
            for (String stop : sampling.stop()) {
                int found = text.indexOf(stop, Math.max(0, before - longest + 1));
                if (found >= 0) {
                    int visible = sampling.includeStop() ? found + stop.length() : found;
                    return stoppedAt(sampling, i + 1, stop, visible);
                }
            }
        }
        return new OutputPlan(
                tokenizer,
                tokens,
                length,
                maxTokens,
                reason,
                stopReason,
                visibleChars,
                held(sampling),
                parts,
                reasoningTokens);
    }

    private static int held(Sampling sampling) {
        int longest = sampling.stop().stream().mapToInt(String::length).max().orElse(1);
        return sampling.includeStop() ? 0 : longest - 1;
    }

    private OutputPlan stoppedAt(Sampling sampling, int tokensLeft, Object by, int visible) {
        return new OutputPlan(
                tokenizer,
                tokens,
                tokensLeft,
                maxTokens,
                FinishReason.STOP,
                by,
                visible,
                held(sampling),
                parts,
                reasoningTokens);
    }

    /** The text as the client sees it, from its start. */
    public OutputText text() {
        return new OutputText(this);
    }
}
