package io.llmd.kv.delta;

/** What a record turned out to be. */
public sealed interface DeltaReading {

    /**
     * A record to apply.
     *
     * @param ownerClockMillis the owner's clock, in milliseconds since 1970, when the record is a sign of life; -1 otherwise
     */
    record Good(DeltaHead head, long ownerClockMillis) implements DeltaReading {}

    /**
     * Nothing of it can be applied.
     *
     * @param at place of the fault in bytes
     */
    record Bad(DeltaFault fault, int at) implements DeltaReading {}
}
