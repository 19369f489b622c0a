package io.llmd.autoscaler.analyzer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.autoscaler.analyzer.WvaPercentage.Finding;
import io.llmd.autoscaler.analyzer.WvaPercentage.Replica;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What llm-d's analyzers do, so that ours can be compared with them. */
class WvaEmulationTest {

    @Test
    @DisplayName("row 70: token capacity that is missing")
    @Tag("autoscaling-70")
    void tokensMissing() {
        double memory = WvaTokens.memoryCapacity(100_000, 0.8);
        double compute = WvaTokens.computeCapacity(1_000, 500, 2_048, 256);
        assertThat(memory).isEqualTo(80_000);
        assertThat(compute).isEqualTo(320_000);
        double demand = WvaTokens.demand(2 * 70_000, 2 * 3, 1_500);
        assertThat(demand).isEqualTo(149_000);
        double required = WvaTokens.required(demand, 2, memory);
        assertThat(required).isCloseTo(15_294, within(0.5));
        assertThat(2 + WvaTokens.toAdd(required, memory)).isEqualTo(3);
        assertThat(WvaTokens.required(demand, 3, memory)).isZero();
    }

    @Test
    @DisplayName("row 71: token capacity that is too much")
    @Tag("autoscaling-71")
    void tokensSpare() {
        double spare = WvaTokens.spare(100_000, 4, 80_000);
        assertThat(spare).isCloseTo(177_143, within(0.5));
        assertThat(WvaTokens.toRemove(spare, 80_000)).isEqualTo(2);
    }

    @Test
    @DisplayName("row 72: little spare memory adds a replica")
    @Tag("autoscaling-72")
    void littleSpare() {
        Finding finding =
                WvaPercentage.analyze(List.of(new Replica(0.75, 1), new Replica(0.78, 2), new Replica(0.62, 0)));
        assertThat(finding.spareMemory()).isCloseTo(0.083, within(5e-4));
        assertThat(finding.change()).isEqualTo(1);
    }

    @Test
    @DisplayName("row 73: much spare memory takes a replica away")
    @Tag("autoscaling-73")
    void muchSpare() {
        assertThat(WvaPercentage.analyze(List.of(new Replica(0.30, 0), new Replica(0.25, 0), new Replica(0.35, 0)))
                        .change())
                .isEqualTo(-1);
        assertThat(WvaPercentage.analyze(List.of(new Replica(0.30, 0))).change())
                .isZero();
        assertThat(WvaPercentage.analyze(List.of(new Replica(0.95, 9))).change())
                .isEqualTo(1);
    }
}
