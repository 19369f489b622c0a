package io.llmd.scheduler.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ItemTest {

    @ParameterizedTest
    @CsvSource({
        "1000, 1700, 700",
        "1000, 1000, 0",
        // Submitted by another thread after the turn had read its clock.
        "1000, 400, 0",
        "9223372036854775800, -9223372036854775800, 16"
    })
    void waitsAreNeverNegative(long submitted, long now, long waited) {
        Item item = new Item(EngineFixture.request(1, "a", 0, 1), submitted, outcome -> {});

        assertThat(item.waitedNanos(now)).isEqualTo(waited);
    }
}
