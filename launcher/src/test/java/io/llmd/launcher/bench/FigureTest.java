package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class FigureTest {

    @Test
    void medianOfAnOddNumberIsTheMiddleOne() {
        assertThat(Figure.of(List.of(5.0, 1.0, 3.0))).isEqualTo(new Figure(3.0, 1.0, 5.0));
    }

    @Test
    void medianOfAnEvenNumberLiesBetweenTheMiddleOnes() {
        assertThat(Figure.of(List.of(4.0, 1.0, 2.0, 9.0))).isEqualTo(new Figure(3.0, 1.0, 9.0));
    }

    @Test
    void noValuesHaveNoMedian() {
        assertThatThrownBy(() -> Figure.of(List.of())).isInstanceOf(IllegalArgumentException.class);
    }
}
