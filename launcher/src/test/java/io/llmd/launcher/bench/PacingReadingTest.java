package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PacingReadingTest {
    private final PacingReading reading =
            new PacingReading(new TreeMap<>(Map.of(.001, 90L, .005, 98L, .01, 100L, Double.POSITIVE_INFINITY, 100L)));

    @Test
    void quantileIsTheBoundThatHoldsTheShare() {
        assertThat(reading.quantile(0.5)).isEqualTo(.001);
        assertThat(reading.quantile(0.95)).isEqualTo(.005);
        assertThat(reading.quantile(0.99)).isEqualTo(.01);
    }

    @Test
    void earlierTokensDoNotCount() {
        PacingReading later = new PacingReading(
                new TreeMap<>(Map.of(.001, 90L, .005, 198L, .01, 200L, Double.POSITIVE_INFINITY, 200L)));
        assertThat(later.since(reading).quantile(0.5)).isEqualTo(.005);
    }

    @Test
    void nothingHasNoQuantile() {
        assertThat(reading.since(reading).tokens()).isZero();
        assertThat(reading.since(reading).quantile(0.99)).isNaN();
    }
}
