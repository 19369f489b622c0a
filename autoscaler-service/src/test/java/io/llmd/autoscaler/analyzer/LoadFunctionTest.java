package io.llmd.autoscaler.analyzer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.autoscaler.variant.Dimension;
import io.llmd.autoscaler.variant.LoadVector;
import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.Shape;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LoadFunctionTest {

    private static final double NONE = Double.POSITIVE_INFINITY;

    private static LoadVector load(LoadFunction function, double input, double hit, double output, double step) {
        return function.load(Role.UNIFIED, Shape.fixed(input, hit, output), step, NONE);
    }

    @Test
    @DisplayName("row 1: load vector, capacity and binding resource of a long request")
    @Tag("autoscaling-1")
    void loadOfALongRequest() {
        LoadVector load = load(Hardware.h(), 4_000, 0, 1_000, 0.090);
        assertThat(Hardware.h().work(Shape.fixed(4_000, 0, 1_000))).isCloseTo(0.5332, within(5e-5));
        assertThat(load.get(Dimension.ITL)).isCloseTo(0.6232, within(5e-5));
        assertThat(load.get(Dimension.MEM)).isCloseTo(0.7475, within(5e-5));
        assertThat(load.get(Dimension.SEQ)).isCloseTo(0.5840, within(5e-5));
        assertThat(load.capacity()).isCloseTo(1.338, within(5e-4));
        assertThat(load.binding()).isEqualTo(Dimension.MEM);
    }

    @Test
    @DisplayName("row 2: a cached prefix costs no computing but all of its memory")
    @Tag("autoscaling-2")
    void cachedPrefix() {
        LoadVector cached = load(Hardware.h(), 8_000, 0.75, 300, 0.072);
        double prefill =
                Hardware.h().work(Shape.fixed(8_000, 0.75, 300)) - Hardware.h().work(Shape.fixed(8_000, 1, 300));
        double uncached =
                Hardware.h().work(Shape.fixed(2_000, 0, 300)) - Hardware.h().work(Shape.fixed(2_000, 1, 300));
        assertThat(prefill).isCloseTo(0.1256, within(1e-9)).isCloseTo(uncached, within(1e-12));
        assertThat(cached.get(Dimension.MEM)).isCloseTo(0.3879, within(1e-4));
        assertThat(cached.capacity()).isCloseTo(2.578, within(1e-3));
    }

    @Test
    @DisplayName("row 3: the stricter the tier, the fewer requests a replica carries")
    @Tag("autoscaling-3")
    void stricterTiersCarryLess() {
        LoadVector relaxed = load(Hardware.h(), 2_000, 0, 400, 0.072);
        LoadVector middle = load(Hardware.h(), 2_000, 0, 400, 0.030);
        LoadVector strict = load(Hardware.h(), 2_000, 0, 400, 0.020);
        assertThat(relaxed.capacity()).isCloseTo(4.371, within(1e-3));
        assertThat(relaxed.binding()).isEqualTo(Dimension.MEM);
        assertThat(middle.capacity()).isCloseTo(3.032, within(1e-3));
        assertThat(middle.binding()).isEqualTo(Dimension.ITL);
        assertThat(strict.capacity()).isCloseTo(1.873, within(1e-3));
        assertThat(strict.binding()).isEqualTo(Dimension.ITL);
        assertThat(load(Hardware.h(), 512, 0, 400, 0.072).capacity()).isCloseTo(12.436, within(1e-2));
        assertThat(load(Hardware.h(), 256, 0, 256, NONE).capacity()).isCloseTo(23.66, within(2e-2));
    }

    @Test
    @DisplayName("row 4: a replica whose empty step is too slow serves nobody of that tier")
    @Tag("autoscaling-4")
    void baseStepTooSlow() {
        assertThat(load(Hardware.h(), 2_000, 0, 400, 0.013).isFeasible()).isFalse();
        assertThat(load(Hardware.l(), 2_000, 0, 400, 0.020).isFeasible()).isFalse();
        assertThat(load(Hardware.l(), 2_000, 0, 400, 0.020).capacity()).isZero();
    }

    @Test
    @DisplayName("rows 5 and 6: loads of classes add up")
    @Tag("autoscaling-5")
    @Tag("autoscaling-6")
    void loadsAddUp() {
        LoadVector one = LoadVector.NONE
                .plus(3, load(Hardware.h(), 2_000, 0, 400, 0.072))
                .plus(1, load(Hardware.h(), 8_000, 0.75, 300, 0.072));
        assertThat(one.get(Dimension.ITL)).isCloseTo(1.0155, within(5e-3));
        assertThat(one.get(Dimension.MEM)).isCloseTo(1.0743, within(1e-3));
        assertThat(one.get(Dimension.SEQ)).isCloseTo(0.9083, within(1e-3));
        assertThat(one.replicas(0.15)).isEqualTo(2);

        LoadVector more = LoadVector.NONE
                .plus(20, load(Hardware.h(), 2_000, 0, 400, 0.072))
                .plus(4, load(Hardware.h(), 8_000, 0.75, 300, 0.072));
        assertThat(more.get(Dimension.MEM)).isCloseTo(6.127, within(5e-3));
        assertThat(more.replicas(0.15)).isEqualTo(8);
    }

    @Test
    @DisplayName("row 8: means of exponential lengths halve the memory that answers take")
    @Tag("autoscaling-8")
    void secondMoments() {
        Shape exponential = Shape.spread(0, 0, 0, 1_000, 1);
        Shape fixed = Shape.fixed(0, 0, 1_000);
        assertThat(exponential.contextSteps()).isEqualTo(2 * fixed.contextSteps());
    }

    @Test
    @DisplayName("row 41: prefill and decode replicas of one load")
    @Tag("autoscaling-41")
    void disaggregated() {
        Shape shape = Shape.fixed(4_000, 0.5, 500);
        LoadVector prefill = Hardware.h().load(Role.PREFILL, shape, NONE, 0.744);
        LoadVector decode = Hardware.h().load(Role.DECODE, shape, NONE, NONE);
        assertThat(prefill.get(Dimension.TTFT) * 0.744 * 10).isCloseTo(1.386, within(1e-3));
        assertThat(LoadVector.NONE.plus(10, prefill).replicas(0)).isEqualTo(2);
        assertThat(decode.get(Dimension.MEM) * 10).isCloseTo(2.352, within(5e-3));
        assertThat(LoadVector.NONE.plus(10, decode).replicas(0.15)).isEqualTo(3);
    }

    @Test
    void transferIsADimensionOfItsOwn() {
        LoadVector decode = Hardware.h().withTransfer(1e-5).load(Role.DECODE, Shape.fixed(4_000, 0, 100), NONE, NONE);
        assertThat(decode.get(Dimension.XFER)).isCloseTo(4_000 * 1e-5 / 0.7, within(1e-9));
    }

    @Test
    void promptsOccupyMemoryWhileTheyAreComputed() {
        Shape shape = Shape.fixed(12_000, 0, 300);
        double plain = Hardware.h().load(Role.UNIFIED, shape, 0.072, NONE).get(Dimension.MEM);
        double corrected =
                Hardware.h().corrected(1).load(Role.UNIFIED, shape, 0.072, NONE).get(Dimension.MEM);
        assertThat(corrected - plain).isCloseTo(0.03, within(5e-3));
        assertThat(Hardware.h().corrected(0.1).work(shape))
                .as("sharing is cut to 0.3")
                .isEqualTo(Hardware.h().corrected(0.3).work(shape));
    }
}
