package io.llmd.scheduler.plugin.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.flowcontrol.UsageLimitPolicy;
import io.llmd.scheduler.plugin.ConfigException;
import io.llmd.scheduler.plugin.ParameterBinder;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsageLimitPolicyTest {

    @Test
    void oneThresholdHoldsForAll() {
        UsageLimitPolicy policy = new StaticUsageLimitPolicy(
                ParameterBinder.bind(StaticUsageLimitPolicy.Params.class, "{threshold: 0.7}"));
        assertThat(ceilings(policy, 0.5, 10, 0)).containsExactly(0.7, 0.7);
    }

    @Test
    @Tag("scheduling-77")
    void ceilingsFallByRank() {
        assertThat(ceilings(holdback("{minCeiling: 0.4}"), 0, 10, 0, -5))
                .containsExactly(new double[] {1.0, 0.7, 0.4}, within(1e-9));
    }

    @Test
    @Tag("flow-control-F39")
    void ceilingsOfThreeBandsWithTheHalfHeldBack() {
        assertThat(ceilings(holdback("{minCeiling: 0.5}"), 0.8, 10, 0, -10))
                .containsExactly(new double[] {1.0, 0.75, 0.5}, within(1e-9));
    }

    @Test
    @Tag("scheduling-78")
    void ofThreeBandsEachOpensByItsOwnReflectedCeiling() {
        assertThat(ceilings(new SoftReflectiveCeilingPolicy(), 0.6, 2, 1, 0)).containsExactly(1, 1, 1);
        SoftReflectiveCeilingPolicy policy = new SoftReflectiveCeilingPolicy();
        assertThat(ceilings(policy, 0.75, 2, 1, 0)).containsExactly(1, 0, 0);
        ceilings(policy, 0.75, 2, 1, 0);
        assertThat(ceilings(policy, 0.75, 2, 1, 0)).containsExactly(1, 1, 1);
    }

    @Test
    void ceilingsFallByValue() {
        assertThat(ceilings(holdback("{minCeiling: 0.4, domain: value}"), 0, 10, 0, -5))
                .containsExactly(new double[] {1.0, 0.6, 0.4}, within(1e-9));
    }

    @Test
    void onePriorityHasTheHighestCeiling() {
        assertThat(ceilings(holdback("{minCeiling: 0.4, maxCeiling: 0.9}"), 0, 3))
                .containsExactly(0.9);
        assertThat(ceilings(holdback("{minCeiling: 0.4, domain: value}"), 0, 3)).containsExactly(1.0);
    }

    @Test
    @Tag("scheduling-78")
    void reflectedCeilingsFallWithTheSaturation() {
        assertThat(SoftReflectiveCeilingPolicy.reflected(0, 0.6, 3)).isEqualTo(1.0);
        assertThat(SoftReflectiveCeilingPolicy.reflected(1, 0.6, 3)).isEqualTo(0.7);
        assertThat(SoftReflectiveCeilingPolicy.reflected(2, 0.6, 3)).isEqualTo(0.4);
    }

    @ParameterizedTest
    @CsvSource({"0.6, 1", "0.75, 3", "0.9, 9"})
    void thePeriodGrowsWithTheSaturation(double saturation, long period) {
        assertThat(SoftReflectiveCeilingPolicy.period(saturation)).isEqualTo(period);
    }

    @ParameterizedTest
    @CsvSource({"0.2, 9", "0.6, 9", "0.75, 3", "0.9, 1", "1.0, 0", "1.5, 0"})
    @Tag("flow-control-F40")
    @Tag("flow-control-F41")
    void theLowerOfTwoBandsOpensInOneCycleOfThePeriod(double saturation, int open) {
        SoftReflectiveCeilingPolicy policy = new SoftReflectiveCeilingPolicy();
        int opened = 0;
        for (int cycle = 0; cycle < 9; cycle++) {
            double[] ceilings = ceilings(policy, saturation, 0, -1);
            assertThat(ceilings[0]).isEqualTo(1.0);
            opened += ceilings[1] > 0 ? 1 : 0;
        }
        assertThat(opened).isEqualTo(open);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{minCeiling: 1}",
                "{minCeiling: -0.1}",
                "{minCeiling: 0.5, maxCeiling: 0.5}",
                "{minCeiling: 0.5, maxCeiling: 1.1}",
                "{minCeiling: 0.5, shape: round}"
            })
    void holdbackParametersOutOfRangeAreRefused(String yaml) {
        assertThatThrownBy(() -> holdback(yaml)).isInstanceOf(ConfigException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{threshold: 0}", "{threshold: 1.01}"})
    void thresholdsOutOfRangeAreRefused(String yaml) {
        assertThatThrownBy(() -> ParameterBinder.bind(StaticUsageLimitPolicy.Params.class, yaml))
                .isInstanceOf(ConfigException.class);
    }

    private static PriorityHoldbackPolicy holdback(String yaml) {
        return new PriorityHoldbackPolicy(ParameterBinder.bind(PriorityHoldbackPolicy.Params.class, yaml));
    }

    private static double[] ceilings(UsageLimitPolicy policy, double saturation, int... priorities) {
        double[] ceilings = new double[priorities.length];
        Arrays.fill(ceilings, 1.0);
        policy.fill(saturation, priorities, ceilings);
        return ceilings;
    }
}
