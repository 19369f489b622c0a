package io.llmd.simulator.token;

/** Turns the tokens of one output into text as they come, first token first. Not thread-safe. */
public interface TokenDecoder {

    /** A decoder for any tokenizer: a token's text may depend on those before it and hold parts of characters. */
    static TokenDecoder of(Tokenizer tokenizer) {
        return new WindowDecoder(tokenizer);
    }

    /** Text that the next token completes; empty as long as a character lacks bytes, and for special tokens. */
    String append(int token);

    /** Text that is left when no token follows; what lacks bytes becomes U+FFFD. */
    String end();
}
