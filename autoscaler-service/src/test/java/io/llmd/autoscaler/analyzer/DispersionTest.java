package io.llmd.autoscaler.analyzer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class DispersionTest {

    private final Dispersion dispersion = new Dispersion();

    @Test
    void poissonArrivalsAreHardlyEverTakenForBursts() {
        Random random = new Random(7);
        int bursts = 0;
        for (int i = 0; i < 2_000; i++) {
            dispersion.add(Math.max(0, Math.round(100 + 10 * random.nextGaussian())));
            bursts += dispersion.index() > 1.3 ? 1 : 0;
        }
        assertThat(bursts).isLessThan(100);
    }

    @Test
    void aRateThatRisesIsNoBurst() {
        for (int i = 0; i < 12; i++) {
            dispersion.add(40 + 15 * i);
        }
        assertThat(dispersion.index()).isEqualTo(1);
    }

    @Test
    void burstsAreSeenAndSpreadOverReplicas() {
        for (int i = 0; i < 60; i++) {
            dispersion.add(i % 2 == 0 ? 50 : 150);
        }
        // Neighbours differ by 100: a variance of 5,000 at a mean of 100, beyond the bound.
        assertThat(dispersion.index()).isEqualTo(16);
        assertThat(dispersion.index(5)).isCloseTo(4, within(1e-9));
        assertThat(dispersion.index(0)).isEqualTo(16);
    }

    @Test
    void fewReadingsSayNothing() {
        for (int i = 0; i < 5; i++) {
            dispersion.add(i % 2 == 0 ? 0 : 100);
        }
        assertThat(dispersion.index()).isEqualTo(1);
    }
}
