package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class MeterBucketsTest {
    private final MeterBuckets reading =
            new MeterBuckets(new TreeMap<>(Map.of(.001, 90L, .005, 98L, .01, 100L, Double.POSITIVE_INFINITY, 100L)));

    @Test
    void seriesOfAllPagesAreAddedUp() {
        MetersPage page = new MetersPage("""
                # TYPE wait_seconds histogram
                wait_seconds_bucket{le="0.001",pool="a"} 4
                wait_seconds_bucket{le="+Inf",pool="a"} 5
                wait_seconds_bucket{pool="b",le="0.001"} 1
                wait_seconds_bucket{pool="b",le="+Inf"} 1
                other_wait_seconds_bucket{le="0.001"} 9
                """);

        assertThat(MeterBuckets.of(List.of(page, page), "wait_seconds").counts())
                .isEqualTo(Map.of(.001, 10L, Double.POSITIVE_INFINITY, 12L));
        assertThat(MeterBuckets.of(List.of(page, page), "wait_seconds", "pool=\"b\"")
                        .counts())
                .isEqualTo(Map.of(.001, 2L, Double.POSITIVE_INFINITY, 2L));
    }

    @Test
    void quantileIsTheBoundThatHoldsTheShare() {
        assertThat(reading.quantile(0.5)).isEqualTo(.001);
        assertThat(reading.quantile(0.95)).isEqualTo(.005);
        assertThat(reading.quantile(0.99)).isEqualTo(.01);
    }

    @Test
    void whatWasCountedEarlierDoesNotCount() {
        MeterBuckets later = new MeterBuckets(
                new TreeMap<>(Map.of(.001, 90L, .005, 198L, .01, 200L, Double.POSITIVE_INFINITY, 200L)));
        assertThat(later.since(reading).quantile(0.5)).isEqualTo(.005);
    }

    @Test
    void aboveTheLastBucketIsInfinite() {
        MeterBuckets late = new MeterBuckets(new TreeMap<>(Map.of(.001, 1L, Double.POSITIVE_INFINITY, 100L)));
        assertThat(late.quantile(0.99)).isInfinite();
    }

    @Test
    void aHistogramThatIsNotThereIsNotAnEmptyOne() {
        MetersPage page = new MetersPage("wait_seconds_bucket{le=\"+Inf\"} 0\n");

        assertThat(MeterBuckets.of(List.of(page), "wait_seconds").count()).isZero();
        assertThatThrownBy(() -> MeterBuckets.of(List.of(page), "other_seconds"))
                .isInstanceOf(BenchFailure.class)
                .hasMessageContaining("other_seconds");
    }

    @Test
    void nothingHasNoQuantile() {
        assertThat(reading.since(reading).count()).isZero();
        assertThat(reading.since(reading).quantile(0.99)).isNaN();
    }
}
