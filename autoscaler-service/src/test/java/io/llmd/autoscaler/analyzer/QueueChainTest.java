package io.llmd.autoscaler.analyzer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class QueueChainTest {

    private final IterationModel model = new IterationModel(5e-3, 0.05e-3, 0.00005e-3, 1_000, 200);

    @Test
    @DisplayName("row 9: closed form without queueing")
    @Tag("autoscaling-9")
    void closedForm() {
        IterationModel.Unbounded one = model.unbounded(1);
        assertThat(one.iteration() * 1e3).isCloseTo(5.382, within(1e-3));
        assertThat(one.firstToken() * 1e3).isCloseTo(55.43, within(1e-2));
        assertThat(one.interToken() * 1e3).isCloseTo(5.487, within(1e-3));
        IterationModel.Unbounded eight = model.unbounded(8);
        assertThat(eight.iteration() * 1e3).isCloseTo(11.586, within(1e-3));
        assertThat(eight.firstToken() * 1e3).isCloseTo(61.64, within(1e-2));
        assertThat(eight.interToken() * 1e3).isCloseTo(11.691, within(1e-3));
    }

    @Test
    @DisplayName("row 10: state-dependent chain")
    @Tag("autoscaling-10")
    void chain() {
        QueueChain.Steady ten = model.bounded(10, 64, 100);
        assertThat(ten.waiting() * 1e3).isCloseTo(26.2, within(0.1));
        assertThat(model.decode(ten.inService()) * 1e3).isCloseTo(19.08, within(0.01));
        QueueChain.Steady twelve = model.bounded(12, 64, 100);
        assertThat(twelve.blocked()).isCloseTo(0.0517, within(1e-4));
        assertThat(twelve.throughput()).isCloseTo(11.380, within(1e-3));
    }

    @Test
    @DisplayName("row 11: large chains neither overflow nor lose probability")
    @Tag("autoscaling-11")
    void largeChain() {
        for (double rate : new double[] {0.1, 10, 1_000}) {
            QueueChain.Steady steady = model.bounded(rate, 4_000, 40_000);
            assertThat(steady.total()).isCloseTo(1, within(1e-9));
            assertThat(steady.waiting()).isFinite().isNotNegative();
            assertThat(steady.blocked()).isBetween(0.0, 1.0);
        }
    }
}
