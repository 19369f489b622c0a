package io.llmd.simulator.output;

import io.llmd.simulator.token.TokenDecoder;
import io.llmd.simulator.token.Tokenizer;
import java.util.List;

/**
 * An output that is written out beforehand, markup included, as the model would produce it.
 *
 * @param tokens of the text
 * @param parts what the text consists of, in order; all of it is content if there are none
 * @param endsItself whether the model ends after it; if not, the limit does
 */
public record Script(int[] tokens, List<Part> parts, boolean endsItself) {
    public Script {
        parts = List.copyOf(parts);
    }

    /** A text that is all content. */
    public static Script of(Tokenizer tokenizer, String text) {
        return new Script(tokenizer.encode(text), List.of(), true);
    }

    /** A text of several parts. */
    public static Script of(Tokenizer tokenizer, String text, List<Part> parts) {
        return new Script(tokenizer.encode(text), parts, true);
    }

    /** The number of tokens that reach a place in the text. */
    int tokensUpTo(Tokenizer tokenizer, int place) {
        TokenDecoder decoder = tokenizer.decoder();
        int chars = 0;
        for (int i = 0; i < tokens.length; i++) {
            if (chars >= place) {
                return i;
            }
            chars += decoder.append(tokens[i]).length();
        }
        return tokens.length;
    }

    /** A stretch of the text; what lies between parts is markup. */
    public sealed interface Part {
        /** The place of its first character. */
        int start();

        /** The place behind its last character. */
        int end();
    }

    /** Text of the answer. */
    public record Content(int start, int end) implements Part {}

    /** Text that the model thinks before it answers. */
    public record Reasoning(int start, int end) implements Part {}

    /**
     * A call of a tool; the part is its arguments.
     *
     * @param named the place from which on the name is known
     * @param closed the place from which on the call is complete
     */
    public record Call(String id, String name, int named, int start, int end, int closed) implements Part {}
}
