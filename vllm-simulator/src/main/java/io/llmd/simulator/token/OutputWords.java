package io.llmd.simulator.token;

/**
 * The words of generated output, one token each, in the forms they take in a sentence.
 *
 * @param opening at the start of a text
 * @param first at the start of a further sentence
 * @param inside within a sentence
 * @param stop the full stop
 */
record OutputWords(int[] opening, int[] first, int[] inside, int stop) {
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

    /** The words of a tokenizer that has a token for each of them. */
    static OutputWords of(Tokenizer tokenizer) {
        int[] opening = new int[WORDS.length];
        int[] first = new int[WORDS.length];
        int[] inside = new int[WORDS.length];
        for (int i = 0; i < WORDS.length; i++) {
            String capital = Character.toUpperCase(WORDS[i].charAt(0)) + WORDS[i].substring(1);
            opening[i] = single(tokenizer, capital);
            first[i] = single(tokenizer, " " + capital);
            inside[i] = single(tokenizer, " " + WORDS[i]);
        }
        return new OutputWords(opening, first, inside, single(tokenizer, "."));
    }

    private static int single(Tokenizer tokenizer, String text) {
        int[] encoded = tokenizer.encode(text);
        if (encoded.length != 1) {
            throw new IllegalStateException("\"" + text + "\" is not one token");
        }
        return encoded[0];
    }
}
