package io.llmd.simulator.token;

import java.util.Arrays;

/**
 * Decodes a window of the last tokens and gives what is new in it.
 *
 * <p>The window begins with tokens whose text was given before, for tokenizers that write a token in another way at the
 * start of a text. New text counts as complete unless it ends with U+FFFD; a character has four bytes at most, so that
 * more tokens than that are not waited for.
 */
final class WindowDecoder implements TokenDecoder {
    private static final int BYTES_OF_A_CHARACTER = 4;

    private final Tokenizer tokenizer;
    private int[] window = new int[16];
    private int given;
    private int size;

    WindowDecoder(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    @Override
    public String append(int token) {
        if (tokenizer.isSpecial(token)) {
            return "";
        }
        if (size == window.length) {
            window = Arrays.copyOf(window, size * 2);
        }
        window[size++] = token;
        String text = news();
        boolean incomplete = text.endsWith("\uFFFD") && size - given < BYTES_OF_A_CHARACTER;
        return incomplete ? "" : give(text);
    }

    @Override
    public String end() {
        return size == given ? "" : give(news());
    }

    private String news() {
        String before = tokenizer.decode(Arrays.copyOf(window, given));
        String all = tokenizer.decode(Arrays.copyOf(window, size));
        return all.length() > before.length() ? all.substring(before.length()) : "";
    }

    private String give(String text) {
        System.arraycopy(window, given, window, 0, size - given);
        size -= given;
        given = size;
        return text;
    }
}
