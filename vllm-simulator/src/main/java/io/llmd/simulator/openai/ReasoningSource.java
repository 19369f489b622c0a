package io.llmd.simulator.openai;

import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.engine.OutputTokens;
import io.llmd.simulator.output.OutputSource;
import io.llmd.simulator.output.Script;
import io.llmd.simulator.token.Tokenizer;
import java.util.Arrays;
import java.util.List;

/** Thinks between tags for about half of an answer's length before it answers. */
record ReasoningSource(Tokenizer tokenizer) implements OutputSource {
    private static final String OPEN = "<think>";
    private static final String CLOSE = "</think>";

    @Override
    public Script script(long key, int tokens, boolean endsItself) {
        int[] open = tokenizer.encode(OPEN);
        int[] close = tokenizer.encode(CLOSE);
        int free = Math.max(0, tokens - open.length - close.length - (endsItself ? 1 : 0));
        int[] thought = words(CounterRandom.bits(key, 1, 10), (free + 1) / 2);
        int[] answer = words(key, free / 2);
        int thoughtStart = OPEN.length();
        int thoughtEnd = thoughtStart + tokenizer.decode(thought).length();
        int answerStart = thoughtEnd + CLOSE.length();
        int answerEnd = answerStart + tokenizer.decode(answer).length();
        return new Script(
                joined(open, thought, close, answer),
                List.of(new Script.Reasoning(thoughtStart, thoughtEnd), new Script.Content(answerStart, answerEnd)),
                endsItself);
    }

    private int[] words(long key, int count) {
        OutputTokens output = tokenizer.output(key);
        int[] words = new int[count];
        Arrays.setAll(words, output::tokenAt);
        return words;
    }

    private static int[] joined(int[]... pieces) {
        return Arrays.stream(pieces).flatMapToInt(Arrays::stream).toArray();
    }
}
