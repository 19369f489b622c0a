package io.llmd.simulator.jinja;

/** Python's {@code None}. */
enum None {
    NONE
}
