package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MemoryLatencyTest {

    @Test
    void aReadTakesSomeTimeAndNoMoreThanAFewMicroseconds() {
        assertThat(MemoryLatency.nanos(1 << 16)).isBetween(0.1, 10_000.0);
    }
}
