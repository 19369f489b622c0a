package io.llmd.simulator.token;

import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.engine.OutputTokens;

/** Sentences as a function of a key. */
record SeededText(OutputWords words, long key) implements OutputTokens {
    private static final int SENTENCE = 12;

    @Override
    public int tokenAt(int index) {
        int place = index % SENTENCE;
        if (place == SENTENCE - 1) {
            return words.stop();
        }
        int[] forms = place > 0 ? words.inside() : index > 0 ? words.first() : words.opening();
        return forms[(int) Long.remainderUnsigned(CounterRandom.bits(key, index, 2), forms.length)];
    }
}
