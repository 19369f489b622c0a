package io.llmd.scheduler.replica;

/** Hears how the exchange of load goes. Called by the thread of the exchange; must not block or throw. */
public interface ReplicaListener {

    /** What happened to a record. */
    enum Event {
        /** A share of this scheduler is on its way. */
        SENT,
        /** A share of this scheduler did not get through; the next one holds all that it held. */
        SEND_FAILED,
        /** A share of another scheduler counts. */
        TAKEN,
        /** A record was no share, or one share too many. */
        REFUSED,
        /** A scheduler said that it leaves. */
        LEFT,
        /** A share was not renewed in time. */
        EXPIRED
    }

    /** It happened {@code count} times. */
    void happened(Event event, int count);

    /** So many other schedulers count now. */
    void others(int count);
}
