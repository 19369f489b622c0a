package io.llmd.contracts.schedule;

/**
 * Where a body is plain text, which is ASCII without quotes, backslashes and control characters, as far as whoever received it
 * has seen. Whoever reads the body passes over it. For one thread at a time.
 */
@FunctionalInterface
public interface KnownText {

    /** Nothing is known. */
    KnownText NONE = at -> at;

    /**
     * The end of the plain text that is known from a position on; the position itself where none is.
     *
     * @param at index into the array that holds the body
     */
    int end(int at);
}
