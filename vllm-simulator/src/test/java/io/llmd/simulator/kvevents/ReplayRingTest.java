package io.llmd.simulator.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReplayRingTest {

    @Test
    void oldestLeaveWhenTheRingHasTooMany() {
        ReplayRing ring = ring(3, 1000);
        assertThat(ring.from(0)).extracting(ReplayRing.Entry::sequence).containsExactly(7L, 8L, 9L);
    }

    @Test
    void oldestLeaveWhenTheRingHasTooManyBytes() {
        ReplayRing ring = ring(1000, 25);
        assertThat(ring.from(0)).extracting(ReplayRing.Entry::sequence).containsExactly(8L, 9L);
    }

    @Test
    void payloadAboveTheBoundIsNotKept() {
        ReplayRing ring = new ReplayRing(10, 5);
        ring.add(new ReplayRing.Entry(0, new byte[6]));
        assertThat(ring.from(0)).isEmpty();
    }

    @Test
    void replayBeginsAtTheWantedNumber() {
        ReplayRing ring = ring(1000, 1000);
        assertThat(ring.from(8)).extracting(ReplayRing.Entry::sequence).containsExactly(8L, 9L);
        assertThat(ring.from(10)).isEmpty();
    }

    @Test
    void numbersAreUnsigned() {
        assertThat(ring(10, 1000).from(-2)).isEmpty();
    }

    /** Ten entries of 10 bytes, 0 to 9. */
    private static ReplayRing ring(int maxBatches, long maxBytes) {
        ReplayRing ring = new ReplayRing(maxBatches, maxBytes);
        for (int i = 0; i < 10; i++) {
            ring.add(new ReplayRing.Entry(i, new byte[10]));
        }
        return ring;
    }
}
