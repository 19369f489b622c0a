package io.llmd.simulator.token;

import io.llmd.simulator.engine.OutputTokens;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * The words of generated output, one token each, in the forms they take in a sentence.
 *
 * @param opening at the start of a text
 * @param first at the start of a further sentence
 * @param inside within a sentence
 * @param stop the full stop
 */
public record OutputWords(int[] opening, int[] first, int[] inside, int stop) {
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

    private static final int ENOUGH = 16;

    /**
     * The words that are one token each in a tokenizer. If it has few of them, anything takes their place that is one
     * token and some text; then outputs need not give the same tokens again.
     */
    public static OutputWords of(Tokenizer tokenizer) {
        int[] inside = tokens(tokenizer, "a", word -> " " + word);
        int[] first = tokens(tokenizer, ".", word -> " " + capital(word));
        int[] opening = tokens(tokenizer, "", OutputWords::capital);
        int[] others = inside.length < ENOUGH ? anything(tokenizer) : inside;
        OptionalInt stop = single(tokenizer, "a", ".");
        return new OutputWords(
                opening.length < ENOUGH ? others : opening,
                first.length < ENOUGH ? others : first,
                others,
                stop.orElse(others[0]));
    }

    /** Sentences as a function of a key. */
    public OutputTokens output(long key) {
        return new SeededText(this, key);
    }

    private static String capital(String word) {
        return Character.toUpperCase(word.charAt(0)) + word.substring(1);
    }

    private static int[] tokens(Tokenizer tokenizer, String before, UnaryOperator<String> form) {
        return Arrays.stream(WORDS)
                .map(word -> single(tokenizer, before, form.apply(word)))
                .flatMapToInt(OptionalInt::stream)
                .toArray();
    }

    /** The token of a text after another one, if it is one. */
    private static OptionalInt single(Tokenizer tokenizer, String before, String text) {
        int[] head = tokenizer.encode(before);
        int[] whole = tokenizer.encode(before + text);
        boolean one = whole.length == head.length + 1 && Arrays.mismatch(head, whole) == head.length;
        return one ? OptionalInt.of(whole[head.length]) : OptionalInt.empty();
    }

    private static int[] anything(Tokenizer tokenizer) {
        int[] found = IntStream.range(0, tokenizer.vocabularySize())
                .filter(token -> isText(tokenizer, token))
                .limit(WORDS.length)
                .toArray();
        return found.length > 0 ? found : new int[] {0};
    }

    private static boolean isText(Tokenizer tokenizer, int token) {
        String text = tokenizer.decode(token);
        return !tokenizer.isSpecial(token)
                && !text.isBlank()
                && text.chars().allMatch(Character::isLetter)
                && Arrays.equals(tokenizer.encode(text), new int[] {token});
    }
}
