package io.llmd.scheduler.outcome;

/** Hears what became of outcomes. Called on any thread; must not block or throw. */
@FunctionalInterface
public interface OutcomeListener {

    /** What became of outcomes. */
    enum Event {
        /** The broker has them. */
        SENT,
        /** The broker did not take them in time. */
        SEND_FAILED,
        /** Too many waited for the broker. */
        DROPPED
    }

    /** It happened to some outcomes. */
    void happened(Event event, int count);
}
