package io.llmd.scheduler.flowcontrol;

import org.jspecify.annotations.Nullable;

/** What a dispatched request is expected to add to the saturation, until measurements show it. */
final class Reservation {

    final double prefillShare;
    final double decodeShare;

    /** When it is given up, whatever happens. */
    long expiresNanos;

    /** A reading of the endpoint that is newer than this shows the request. */
    long absorbedAfterNanos;

    /** The endpoint that the request went to, null before it is known. */
    @Nullable
    String endpointId;

    /** The attempt, once it is known. */
    long leaseId;

    int index = IndexedHeap.ABSENT;

    /** Neighbours among the reservations of the same endpoint. */
    @Nullable
    Reservation next;

    @Nullable
    Reservation previous;

    Reservation(double prefillShare, double decodeShare, long expiresNanos) {
        this.prefillShare = prefillShare;
        this.decodeShare = decodeShare;
        this.expiresNanos = expiresNanos;
    }
}
