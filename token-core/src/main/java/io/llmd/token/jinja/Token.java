package io.llmd.token.jinja;

/**
 * A piece of a template.
 *
 * @param text content; for strings without quotes and escapes
 */
record Token(Kind kind, String text, int line) {
    enum Kind {
        DATA,
        BLOCK_BEGIN,
        BLOCK_END,
        OUTPUT_BEGIN,
        OUTPUT_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    boolean is(Kind wanted, String content) {
        return kind == wanted && text.equals(content);
    }
}
