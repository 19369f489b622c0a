package io.llmd.scheduler.datalayer;

/** Hears of readings that failed. Called on the event loop; must not block. */
public interface ScrapeListener {

    /** Why a reading failed; a closed list. */
    enum Failure {
        CONNECT,
        TLS,
        TIMEOUT,
        CLOSED,
        STATUS,
        ENCODED,
        TOO_LARGE,
        INCOMPLETE
    }

    /** A reading of the endpoint failed; its last metrics go on ageing. */
    void failed(String endpointId, String sourceType, Failure failure);

    /** A page was read and does not say all that the extractor wants. */
    void incomplete(String endpointId, String sourceType, String extractorType);
}
