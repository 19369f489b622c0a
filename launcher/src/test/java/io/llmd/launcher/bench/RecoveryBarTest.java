package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RecoveryBarTest {

    @Test
    void windowsAboveTheSecondHighestOfTheUsualOnesCount() {
        List<Double> usual =
                IntStream.rangeClosed(1, 23).mapToObj(Double::valueOf).toList();

        assertThat(RecoveryBar.above(List.of(1.0, 22.0, 22.5, 60_000.0), usual)).isEqualTo(2);
    }

    @Test
    void oneUsualWindowIsTheHighest() {
        assertThat(RecoveryBar.above(List.of(4.0, 6.0), List.of(5.0))).isEqualTo(1);
    }
}
