package io.llmd.scheduler.latency;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DriftDetectorTest {

    private final SplittableRandom random = new SplittableRandom(5);
    private final DriftDetector detector = new DriftDetector(0.9);

    @Test
    void theWantedCoverageIsNoDrift() {
        assertThat(drifts(50_000, 0.9)).isZero();
    }

    @Test
    void aCoverageFarFromItIsOneSoon() {
        assertThat(drifts(300, 0.9)).isZero();
        assertThat(drifts(60, 0.4)).isEqualTo(1);
    }

    @Test
    void aWorldThatHasBecomeFasterShowsInThatNobodyMisses() {
        assertThat(drifts(300, 0.9)).isZero();
        assertThat(drifts(80, 1)).isZero();
        assertThat(drifts(120, 1)).isEqualTo(1);
    }

    @Test
    void afterADriftTheNextOneIsAwaitedForAWhile() {
        drifts(300, 0.9);
        assertThat(drifts(200, 0.4)).isEqualTo(1);
        assertThat(drifts(300, 0.4)).isPositive();
    }

    private int drifts(int times, double share) {
        int drifts = 0;
        for (int i = 0; i < times; i++) {
            drifts += detector.add(random.nextDouble() < share) ? 1 : 0;
        }
        return drifts;
    }
}
