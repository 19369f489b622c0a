package io.llmd.simulator.kvevents;

/** What happens to one batch. */
enum Fate {
    SEND,
    DROP,
    DUPLICATE,
    REORDER,
    SKIP
}
