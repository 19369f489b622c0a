package io.llmd.simulator.token;

import io.llmd.simulator.engine.CounterRandom;

/** A 64-bit hash of content, equal on every endpoint; not for security. */
public final class ContentHash {
    private ContentHash() {}

    /** Hash of token ids. */
    public static long of(int[] tokens) {
        long hash = tokens.length;
        for (int token : tokens) {
            hash = CounterRandom.bits(hash, token, 0);
        }
        return hash;
    }

    /** Hash of text. */
    public static long of(String text) {
        long hash = text.length();
        for (int i = 0; i < text.length(); i++) {
            hash = CounterRandom.bits(hash, text.charAt(i), 1);
        }
        return hash;
    }
}
