package io.llmd.token.jinja;

/** Python's {@code None}. */
enum None {
    NONE
}
