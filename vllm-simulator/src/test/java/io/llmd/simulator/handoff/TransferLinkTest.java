package io.llmd.simulator.handoff;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TransferLinkTest {
    /** One byte a nanosecond. */
    private final TransferLink<String> link = new TransferLink<>(1e9);

    @Test
    void oneTransferTakesItsPreparationAndItsBytes() {
        link.begin("a", 100, 1000, 0);
        assertThat(link.nextEventTime()).isEqualTo(100);
        assertThat(link.poll(1099)).isNull();
        assertThat(link.nextEventTime()).isEqualTo(1100);
        assertThat(link.poll(1100)).isEqualTo("a");
        assertThat(link.nextEventTime()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void transfersShareTheBandwidthWhileBothSend() {
        link.begin("long", 0, 1000, 0);
        link.begin("short", 0, 100, 500);
        assertThat(link.poll(699)).isNull();
        assertThat(link.poll(700)).isEqualTo("short");
        assertThat(link.poll(1099)).isNull();
        assertThat(link.poll(1100)).isEqualTo("long");
    }

    @Test
    void lateLookFindsEndsInTheirOrder() {
        link.begin("second", 0, 200, 0);
        link.begin("first", 0, 100, 0);
        link.begin("third", 1000, 5, 0);
        assertThat(link.poll(5000)).isEqualTo("first");
        assertThat(link.poll(5000)).isEqualTo("second");
        assertThat(link.poll(5000)).isEqualTo("third");
        assertThat(link.poll(5000)).isNull();
    }

    @Test
    void timeMayStartBelowZero() {
        link.begin("a", 0, 10, -1_000_000);
        assertThat(link.poll(-999_990)).isEqualTo("a");
    }
}
