package io.llmd.autoscaler.analyzer;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.autoscaler.variant.LoadVector;
import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.Shape;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Scale;
import org.junit.jupiter.api.Tag;

/** Row 7: more or longer requests, or a stricter promise, never need fewer replicas. */
class LoadFunctionPropertyTest {

    private static int replicas(double rate, double input, double hit, double output, double step, double fill) {
        LoadVector load = Hardware.h()
                .withMemoryFill(fill)
                .load(Role.UNIFIED, Shape.fixed(input, hit, output), step, Double.POSITIVE_INFINITY);
        return LoadVector.NONE.plus(rate, load).replicas(0.15);
    }

    @Property(tries = 10_000, seed = "7")
    @Tag("autoscaling-7")
    void replicasNeverDecrease(
            @ForAll @DoubleRange(min = 0.01, max = 200) double rate,
            @ForAll @DoubleRange(min = 16, max = 16_000) double input,
            @ForAll @DoubleRange(min = 0, max = 0.95) double hit,
            @ForAll @DoubleRange(min = 1, max = 2_000) double output,
            @ForAll @DoubleRange(min = 0.014, max = 0.2) @Scale(4) double step,
            @ForAll @DoubleRange(min = 1, max = 1.5) double more) {
        int before = replicas(rate, input, hit, output, step, 0.78);
        assertThat(replicas(rate * more, input, hit, output, step, 0.78)).isGreaterThanOrEqualTo(before);
        assertThat(replicas(rate, input * more, hit, output, step, 0.78)).isGreaterThanOrEqualTo(before);
        assertThat(replicas(rate, input, hit, output * more, step, 0.78)).isGreaterThanOrEqualTo(before);
        assertThat(replicas(rate, input, hit, output, step / more, 0.78)).isGreaterThanOrEqualTo(before);
        assertThat(replicas(rate, input, hit / more, output, step, 0.78)).isGreaterThanOrEqualTo(before);
        assertThat(replicas(rate, input, hit, output, step, 0.78 / more)).isGreaterThanOrEqualTo(before);
    }
}
