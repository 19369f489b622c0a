package io.llmd.scheduler.explain;

/** Hears of recorded decisions on the deciding thread. Must not block or throw. */
public interface RecordListener {

    /** A decision was recorded. */
    void recorded(DecisionRecord record);

    /** The attempt that followed a recorded decision is over. */
    default void ended(DecisionRecord record) {}
}
