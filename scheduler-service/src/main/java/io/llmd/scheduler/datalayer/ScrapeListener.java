package io.llmd.scheduler.datalayer;

/** Hears of readings that failed. Called on the event loop; must not block. */
@FunctionalInterface
public interface ScrapeListener {

    /** Why a reading failed; a closed list. */
    enum Failure {
        CONNECT,
        TIMEOUT,
        CLOSED,
        STATUS,
        TOO_LARGE,
        INCOMPLETE
    }

    /** A reading of the endpoint failed; its last metrics go on ageing. */
    void failed(String endpointId, Failure failure);
}
