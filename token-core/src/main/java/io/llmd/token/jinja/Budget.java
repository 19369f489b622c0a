package io.llmd.token.jinja;

/** Bounds what one rendering may cost. */
final class Budget {
    private static final long MOST_STEPS = 2_000_000;
    private static final int MOST_CHARACTERS = 64 << 20;
    private static final int MOST_LENGTH = 16 << 20;
    private static final int MOST_DEPTH = 64;

    private long steps;
    private int depth;

    /** Refuses to make a text or list that is too long. */
    static void checkLength(long length) {
        if (length > MOST_LENGTH) {
            throw new JinjaException("longer than " + MOST_LENGTH);
        }
    }

    /** Counts a statement or the evaluation of an expression. */
    void step() {
        if (++steps > MOST_STEPS) {
            throw new JinjaException("more than " + MOST_STEPS + " steps");
        }
    }

    void append(StringBuilder out, String text) {
        if (out.length() + (long) text.length() > MOST_CHARACTERS) {
            throw new JinjaException("more than " + MOST_CHARACTERS + " characters");
        }
        out.append(text);
    }

    /** Begins the call of a macro. */
    void enter() {
        if (++depth > MOST_DEPTH) {
            throw new JinjaException("more than " + MOST_DEPTH + " calls within each other");
        }
    }

    void leave() {
        depth--;
    }
}
