package io.llmd.launcher.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.launcher.terminal.Json;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class LoadComparisonTest {

    private static final LoadReport.Percentiles NONE = new LoadReport.Percentiles(0, 0, 0, 0, 0, 0);

    @Test
    void sameDistributionShowsNoDifferenceAndAShiftDoes() {
        LoadReport first = report(20_000, 1, 500, 500);
        assertThat(line(first, report(20_000, 2, 500, 500), "time to first token p50")
                        .differs())
                .isFalse();

        LoadComparison.Line shifted = line(first, report(24_000, 3, 500, 500), "time to first token p50");
        assertThat(shifted.differs()).isTrue();
        assertThat(shifted.low()).isBetween(1.5, 4.5);
        assertThat(shifted.high()).isBetween(3.5, 6.5);
    }

    @Test
    void sharesHaveTheIntervalOfTheirCounts() {
        LoadComparison.Line answered = line(report(20_000, 1, 500, 490), report(20_000, 1, 500, 440), "answered");
        assertThat(answered.before()).isEqualTo(0.98);
        assertThat(answered.after()).isEqualTo(0.88);
        assertThat(answered.low()).isBetween(-0.14, -0.12);
        assertThat(answered.high()).isBetween(-0.08, -0.06);
    }

    @Test
    void gapsOfAStreamAreNoFurtherObservations() {
        LoadReport before = report(20_000, 1, 500, 500);
        LoadReport after = report(20_400, 2, 500, 500);
        LoadComparison.Line gaps = line(before, after, "inter-token latency p50");
        LoadComparison.Line streams = line(before, after, "time per output token p50");

        assertThat(gaps.high() - gaps.low()).isCloseTo(streams.high() - streams.low(), within(0.5));
        assertThat(gaps.differs()).isFalse();
    }

    @Test
    void reportsWithoutMeansOfStreamsAreComparedInTheRest() {
        LoadReport report = report(20_000, 1, 500, 500);
        LoadReport older = Json.MAPPER.readValue(
                Json.line(report).replaceFirst("\"timePerOutputToken\":\"[^\"]*\",", ""), LoadReport.class);

        assertThat(older.histograms().timePerOutputToken()).isNull();
        assertThat(new LoadComparison(older, report).lines())
                .extracting(LoadComparison.Line::name)
                .contains("inter-token latency p99")
                .doesNotContain("time per output token p99");
    }

    @Test
    void aReportFromAFileIsTheSame() {
        LoadReport report = report(20_000, 1, 500, 500);
        LoadReport read = Json.MAPPER.readValue(Json.line(report), LoadReport.class);
        assertThat(new LoadComparison(report, read).lines())
                .allSatisfy(line -> assertThat(line.before()).isEqualTo(line.after()));
        assertThat(new LoadComparison(report, read).toString())
                .contains("time to first token p99")
                .contains("(none shown)");
    }

    private static LoadComparison.Line line(LoadReport before, LoadReport after, String name) {
        return new LoadComparison(before, after)
                .lines().stream()
                        .filter(line -> line.name().equals(name))
                        .findFirst()
                        .orElseThrow();
    }

    private static LoadReport report(int meanMicros, long seed, long requests, long answered) {
        SplittableRandom random = new SplittableRandom(seed);
        Histogram times = new Histogram(3);
        for (int i = 0; i < 500; i++) {
            times.recordValue(Math.max(1, Math.round(meanMicros * (1 + 0.3 * random.nextGaussian()))));
        }
        Histogram gaps = new Histogram(3);
        for (int i = 0; i < 100 * times.getTotalCount(); i++) {
            gaps.recordValue(times.getValueAtPercentile(100 * random.nextDouble()));
        }
        return new LoadReport(
                new LoadReport.Run("load", "v", "25", "now", "http://localhost", 1, 30),
                requests,
                answered,
                Map.of("ok", answered),
                NONE,
                LoadReport.Percentiles.of(times),
                NONE,
                NONE,
                null,
                NONE,
                10,
                100,
                100,
                0.5,
                null,
                Map.of(),
                true,
                LoadReport.Histograms.of(times, times, gaps, times),
                List.of());
    }
}
