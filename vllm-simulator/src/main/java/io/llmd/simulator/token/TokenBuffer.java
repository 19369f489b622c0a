package io.llmd.simulator.token;

import java.util.Arrays;

/** A growing list of token ids. */
final class TokenBuffer {
    private int[] tokens;
    private int size;

    TokenBuffer(int capacity) {
        tokens = new int[capacity];
    }

    void add(int token) {
        if (size == tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(16, size * 2));
        }
        tokens[size++] = token;
    }

    void addAll(int[] more) {
        if (size + more.length > tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(size + more.length, size * 2));
        }
        System.arraycopy(more, 0, tokens, size, more.length);
        size += more.length;
    }

    int size() {
        return size;
    }

    int[] toArray() {
        return Arrays.copyOf(tokens, size);
    }
}
