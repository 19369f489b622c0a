package io.llmd.launcher.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LoadReportTextTest {

    private static final LoadReport.Percentiles TIMES = new LoadReport.Percentiles(98, 90.5, 85.123, 120, 240.9, 300);
    private static final LoadReport.Percentiles NONE = new LoadReport.Percentiles(0, 0, 0, 0, 0, 0);

    @Test
    void reportReadsLikeThis() {
        assertThat(new LoadReportText(report(1.25, true), new Slo(null, null, null, 0.99)).toString())
                .isEqualTo("""
                         outcome         requests   share
                         ok                    98  98.0 %
                         429 queue_full         2   2.0 %

                         milliseconds           count   mean    p50     p90     p99     max
                         time to first token       98  90.50  85.12  120.00  240.90  300.00
                         time per output token     98  90.50  85.12  120.00  240.90  300.00
                         inter-token latency        0      -      -       -       -       -
                         end to end                98  90.50  85.12  120.00  240.90  300.00
                         own lateness             100   0.50   0.40    0.90    1.25    2.00

                         throughput   9.8 requests/s, 2509 prompt tokens/s, 627 output tokens/s
                         cache        37.5 % of prompt tokens came from a cache
                         spread       2 endpoints, most loaded 1.20 times the mean
                         goodput      95.0 % of requests within the limits (wanted: 99.0 %)
                        """);
    }

    @Test
    void lateGeneratorMakesTheRunInvalid() {
        assertThat(new LoadReportText(report(12, false), Slo.NONE).toString())
                .contains("INVALID      the generator itself was late: p99 12.0 ms (limit 10 ms)");
    }

    private static LoadReport report(double lateness, boolean valid) {
        return new LoadReport(
                new LoadReport.Run("load", "1", "25", "", "", 1, 10),
                100,
                98,
                Map.of("ok", 98L, "429 queue_full", 2L),
                TIMES,
                TIMES,
                NONE,
                TIMES,
                NONE,
                new LoadReport.Percentiles(100, 0.5, 0.4, 0.9, lateness, Math.max(2, lateness)),
                9.8,
                2508.8,
                627.2,
                0.375,
                0.95,
                Map.of("a", 60L, "b", 40L),
                valid,
                new LoadReport.Histograms("", null, "", ""),
                List.of());
    }
}
