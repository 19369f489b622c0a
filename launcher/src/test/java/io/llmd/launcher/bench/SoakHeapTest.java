package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class SoakHeapTest {

    private final SoakHeap heap = new SoakHeap();

    @Test
    void growthComparesTheLastThirdWithTheSecond() {
        List.of(10.0, 90.0, 30.0, 32.0, 40.0, 36.0).forEach(heap::add);

        assertThat(heap.growth()).isEqualTo(7.0);
    }

    @Test
    void tooFewReadingsTellNothing() {
        List.of(10.0, 90.0).forEach(heap::add);

        assertThat(heap.readings()).isLessThan(SoakHeap.LEAST_READINGS);
        assertThatThrownBy(heap::growth)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("readings: 2");
    }
}
