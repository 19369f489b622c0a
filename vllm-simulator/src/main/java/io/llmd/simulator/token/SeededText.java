package io.llmd.simulator.token;

import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.engine.OutputTokens;

/**
 * Output text as a function of a key: short English words in sentences, one token each. Tokenising the text gives the
 * same tokens again, so that an answer sent back as part of the next prompt is found in the prefix cache.
 *
 * @param key content and seed of the request; equal keys give equal text
 */
public record SeededText(long key) implements OutputTokens {
    private static final int SENTENCE = 12;
    private static final String[] WORDS =
            ("the and you that was for are with his they this have from one had word but what some we can out"
                            + " were all your when up use how said each she way many then them like so her long make"
                            + " thin see him two has look more day go come did my no most know than call who may down"
                            + " side been now find any new work part take get made live back only good me give our"
                            + " very just name help line turn much mean old any same tell boy came want show form set"
                            + " put end does well here must big even such ask went men read need land home us move try"
                            + " kind hand off play air away page may grow sea near food add city tree hard last head"
                            + " self keep sun let eye door far plan four saw left late run idea wood rain car ship area"
                            + " half rock fire star mind fact note king wind deep warm lake blue moon")
                    .split(" ");
    private static final int[] INSIDE = encodeAll(" ", false);
    private static final int[] FIRST = encodeAll(" ", true);
    private static final int[] OPENING = encodeAll("", true);
    private static final int STOP = '.';

    @Override
    public int tokenAt(int index) {
        int place = index % SENTENCE;
        if (place == SENTENCE - 1) {
            return STOP;
        }
        int choice = (int) Long.remainderUnsigned(CounterRandom.bits(key, index, 2), WORDS.length);
        if (place > 0) {
            return INSIDE[choice];
        }
        return index == 0 ? OPENING[choice] : FIRST[choice];
    }

    private static int[] encodeAll(String before, boolean capital) {
        TokenBuffer tokens = new TokenBuffer(WORDS.length);
        for (String word : WORDS) {
            String text = capital ? Character.toUpperCase(word.charAt(0)) + word.substring(1) : word;
            int[] encoded = Tokenizer.encode(before + text);
            if (encoded.length != 1) {
                throw new IllegalStateException("\"" + before + text + "\" is not one token");
            }
            tokens.add(encoded[0]);
        }
        return tokens.toArray();
    }
}
