package io.llmd.simulator.token;

/** Turns the tokens of one output into text as they come, first token first. Not thread-safe. */
public interface TokenDecoder {

    /** Text that the next token completes; empty as long as a character lacks bytes, and for special tokens. */
    String append(int token);

    /** Text that is left when no token follows; what lacks bytes becomes U+FFFD. */
    String end();
}
