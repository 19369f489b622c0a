package io.llmd.simulator.kvevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FaultDiceTest {

    @Test
    void nothingHappensWithoutFaults() {
        assertThat(fates(KvEventFaults.NONE, 100)).containsOnly(Fate.SEND);
    }

    @Test
    void nextBatchesMeetTheirFaultAndThoseBehindDoNot() {
        assertThat(fates(KvEventFaults.dropNext(2), 4)).containsExactly(Fate.DROP, Fate.DROP, Fate.SEND, Fate.SEND);
        assertThat(fates(KvEventFaults.duplicateNext(1), 2)).containsExactly(Fate.DUPLICATE, Fate.SEND);
        assertThat(fates(KvEventFaults.reorderNext(1), 2)).containsExactly(Fate.REORDER, Fate.SEND);
        assertThat(fates(KvEventFaults.skipNext(1), 2)).containsExactly(Fate.SKIP, Fate.SEND);
    }

    @Test
    void sharesAreMet() {
        Map<Fate, Long> counts = fates(KvEventFaults.always(0.1, 0.2, 0.3, 0.15, 1), 10_000).stream()
                .collect(Collectors.groupingBy(fate -> fate, Collectors.counting()));
        assertThat(counts.get(Fate.DROP)).isBetween(900L, 1100L);
        assertThat(counts.get(Fate.DUPLICATE)).isBetween(1850L, 2150L);
        assertThat(counts.get(Fate.REORDER)).isBetween(2850L, 3150L);
        assertThat(counts.get(Fate.SKIP)).isBetween(1370L, 1630L);
    }

    @Test
    void equalSeedsGiveEqualFaults() {
        assertThat(fates(KvEventFaults.always(0.3, 0.3, 0.2, 0.1, 7), 1000))
                .isEqualTo(fates(KvEventFaults.always(0.3, 0.3, 0.2, 0.1, 7), 1000))
                .isNotEqualTo(fates(KvEventFaults.always(0.3, 0.3, 0.2, 0.1, 8), 1000));
    }

    @Test
    void sharesAboveOneTogetherAreRejected() {
        assertThatThrownBy(() -> KvEventFaults.always(0.6, 0.5, 0, 0, 1))
                .hasMessage("drop 0.6, duplicate 0.5, reorder 0.0, skip 0.0 (expected: shares >= 0, together <= 1)");
    }

    @Test
    void notANumberIsRejected() {
        for (int i = 0; i < 4; i++) {
            double[] shares = new double[4];
            shares[i] = Double.NaN;
            assertThatThrownBy(() -> KvEventFaults.always(shares[0], shares[1], shares[2], shares[3], 1))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void negativeNumberOfBatchesIsRejected() {
        assertThatThrownBy(() -> KvEventFaults.dropNext(-1)).hasMessage("batches: -1 (expected: >= 0)");
    }

    private static List<Fate> fates(KvEventFaults faults, int count) {
        FaultDice dice = new FaultDice(faults);
        return IntStream.range(0, count).mapToObj(i -> dice.next()).toList();
    }
}
