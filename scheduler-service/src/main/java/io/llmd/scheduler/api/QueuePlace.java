package io.llmd.scheduler.api;

/** The place of a request that waits for its decision. Safe from any thread and more than once; late calls do nothing. */
@FunctionalInterface
public interface QueuePlace {

    /** Nothing waits: the decision has been made. */
    QueuePlace NONE = () -> {};

    /** The decision is not wanted any more; the place is free at once. */
    void leave();
}
