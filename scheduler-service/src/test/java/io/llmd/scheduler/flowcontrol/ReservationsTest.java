package io.llmd.scheduler.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.flowcontrol.SaturationDetector.Signal;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReservationsTest {

    private static final long MILLI = 1_000_000;

    private final Reservations reservations = new Reservations();

    @Test
    void whatIsCountedIsHeldUntilItIsPlaced() {
        Reservation reservation = reservations.reserve(0.2, 0.1, 0);
        assertThat(reservations.prefill()).isEqualTo(0.2);
        assertThat(reservations.decode()).isEqualTo(0.1);
        reservations.placed(reservation, 1, "ns/a", Signal.COUNTED, MILLI);
        assertThat(reservations.size()).isZero();
        assertThat(reservations.decode()).isZero();
    }

    @Test
    void whatIsReadIsHeldUntilAReadingOfItsEndpointShowsIt() {
        Reservation reservation = reservations.reserve(0, 0.1, 0);
        reservations.placed(reservation, 1, "ns/a", Signal.READ, MILLI);
        reservations.absorb(endpoints("ns/a", MILLI + Reservations.SETTLE.toNanos()));
        reservations.absorb(endpoints("ns/b", 1000 * MILLI));
        assertThat(reservations.size()).isOne();
        reservations.absorb(endpoints("ns/a", MILLI + Reservations.SETTLE.toNanos() + 1));
        assertThat(reservations.size()).isZero();
    }

    @Test
    void severalOnOneEndpointAreReleasedEachForItself() {
        Reservation[] all = new Reservation[4];
        for (int i = 0; i < all.length; i++) {
            all[i] = reservations.reserve(0, 0.25, 0);
            reservations.placed(all[i], i, "ns/a", Signal.READ, i * 10 * MILLI);
        }
        reservations.ended(1);
        reservations.ended(1);
        assertThat(reservations.decode()).isEqualTo(0.75);
        reservations.absorb(endpoints("ns/a", 25 * MILLI));
        assertThat(reservations.decode()).isEqualTo(0.5);
        reservations.ended(3);
        reservations.ended(2);
        assertThat(reservations.size()).isZero();
    }

    @Test
    void nothingIsHeldForEver() {
        Reservation silent = reservations.reserve(0, 0.1, 0);
        Reservation unread = reservations.reserve(0, 0.1, 0);
        reservations.placed(unread, 1, "ns/a", Signal.READ, 0);
        reservations.expire(Reservations.PLACING.toNanos());
        assertThat(reservations.size()).isOne();
        reservations.placed(silent, 2, "ns/a", Signal.READ, Reservations.PLACING.toNanos());
        reservations.expire(Reservations.READING.toNanos());
        assertThat(reservations.size()).isZero();
    }

    @Test
    void aDetectorThatCannotSayHoldsNothing() {
        assertThat(reservations.reserve(0, 0, 0)).isNull();
    }

    private static Endpoint[] endpoints(String id, long readNanos) {
        EndpointMetadata metadata = new EndpointMetadata(id, id, "h", 1, 1, Map.of(), 0);
        return new Endpoint[] {
            new Endpoint(metadata, new EndpointMetrics(0, 0, 0, 16, 1, Map.of(), Map.of(), 0, readNanos), true)
        };
    }
}
