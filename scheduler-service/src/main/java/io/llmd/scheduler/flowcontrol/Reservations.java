package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.flowcontrol.SaturationDetector.Signal;
import io.llmd.scheduler.scheduling.Endpoint;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What dispatched requests will add to the saturation and measurements do not show yet. Without it, everything that waits
 * would be dispatched between two readings of an engine. Not thread-safe.
 *
 * <p>A reservation is held until the request is placed, ended or dropped. Where engines are read, it is held further until
 * a reading of the chosen endpoint that is younger than the placing plus {@link #SETTLE}; where this scheduler counts, no
 * longer. Bounded in time by {@link #PLACING} and {@link #READING}, should a caller or an endpoint say nothing more.
 */
final class Reservations {

    /** From the placing of a request until the engine has it in its numbers. */
    static final Duration SETTLE = Duration.ofMillis(20);

    /** Longest time between dispatch and placing. */
    static final Duration PLACING = Duration.ofSeconds(1);

    /** Longest time between placing and the reading that shows it. */
    static final Duration READING = Duration.ofSeconds(2);

    /** All reservations, the one that is given up first at the top. */
    private static final class ByExpiry extends IndexedHeap<Reservation> {
        @Override
        protected boolean isBefore(Reservation a, Reservation b) {
            return a.expiresNanos - b.expiresNanos < 0;
        }

        @Override
        protected int index(Reservation reservation) {
            return reservation.index;
        }

        @Override
        protected void index(Reservation reservation, int index) {
            reservation.index = index;
        }
    }

    private final ByExpiry byExpiry = new ByExpiry();
    private final Map<String, Reservation> byEndpoint = new HashMap<>();
    private final Map<Long, Reservation> byLease = new HashMap<>();
    private double prefill;
    private double decode;

    /** Sum of the shares in the prefill stage. */
    double prefill() {
        return prefill;
    }

    /** Sum of the shares in the decode stage. */
    double decode() {
        return decode;
    }

    int size() {
        return byExpiry.size();
    }

    /** Holds shares for a request that is dispatched now; null when there is nothing to hold. */
    @Nullable
    Reservation reserve(double prefillShare, double decodeShare, long nowNanos) {
        if (prefillShare <= 0 && decodeShare <= 0) {
            return null;
        }
        Reservation reservation = new Reservation(prefillShare, decodeShare, nowNanos + PLACING.toNanos());
        byExpiry.add(reservation);
        prefill += prefillShare;
        decode += decodeShare;
        return reservation;
    }

    /** The request is on its way to an endpoint and is counted there. */
    void placed(Reservation reservation, long leaseId, String endpointId, Signal signal, long nowNanos) {
        if (!byExpiry.contains(reservation)) {
            return;
        }
        if (signal == Signal.COUNTED) {
            release(reservation);
            return;
        }
        reservation.endpointId = endpointId;
        reservation.leaseId = leaseId;
        byLease.put(leaseId, reservation);
        reservation.absorbedAfterNanos = nowNanos + SETTLE.toNanos();
        reservation.expiresNanos = nowNanos + READING.toNanos();
        byExpiry.moved(reservation);
        Reservation head = byEndpoint.put(endpointId, reservation);
        reservation.next = head;
        if (head != null) {
            head.previous = reservation;
        }
    }

    /** The attempt is over; unknown leases are ignored. */
    void ended(long leaseId) {
        Reservation reservation = byLease.get(leaseId);
        if (reservation != null) {
            release(reservation);
        }
    }

    /** Gives a reservation up; does nothing when that has happened before. */
    void release(Reservation reservation) {
        if (!byExpiry.contains(reservation)) {
            return;
        }
        byExpiry.remove(reservation);
        unlink(reservation);
        if (byExpiry.isEmpty()) {
            prefill = 0;
            decode = 0;
        } else {
            prefill -= reservation.prefillShare;
            decode -= reservation.decodeShare;
        }
    }

    private void unlink(Reservation reservation) {
        String endpointId = reservation.endpointId;
        if (endpointId == null) {
            return;
        }
        byLease.remove(reservation.leaseId);
        Reservation next = reservation.next;
        Reservation previous = reservation.previous;
        if (next != null) {
            next.previous = previous;
        }
        if (previous != null) {
            previous.next = next;
        } else if (next != null) {
            byEndpoint.put(endpointId, next);
        } else {
            byEndpoint.remove(endpointId);
        }
    }

    /** Gives up what is overdue. */
    void expire(long nowNanos) {
        for (Reservation first = byExpiry.first();
                first != null && first.expiresNanos - nowNanos <= 0;
                first = byExpiry.first()) {
            release(first);
        }
    }

    /** Gives up what the readings of these endpoints show. O(endpoints) while there are reservations. */
    void absorb(Endpoint[] endpoints) {
        if (byEndpoint.isEmpty()) {
            return;
        }
        for (Endpoint endpoint : endpoints) {
            Reservation reservation = byEndpoint.get(endpoint.id());
            while (reservation != null) {
                Reservation next = reservation.next;
                if (endpoint.metrics().isKnown()
                        && endpoint.metrics().updatedNanos() - reservation.absorbedAfterNanos > 0) {
                    release(reservation);
                }
                reservation = next;
            }
        }
    }
}
