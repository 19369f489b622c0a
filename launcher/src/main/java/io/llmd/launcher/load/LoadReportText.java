package io.llmd.launcher.load;

import io.llmd.launcher.terminal.TextTable;
import java.util.Locale;
import java.util.Map;

/** A report for people. */
final class LoadReportText {

    private final LoadReport report;
    private final Slo slo;

    LoadReportText(LoadReport report, Slo slo) {
        this.report = report;
        this.slo = slo;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        TextTable outcomes = TextTable.ofNumbers("outcome", "requests", "share");
        report.outcomes().entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed().thenComparing(Map.Entry::getKey))
                .forEach(entry -> outcomes.row(
                        entry.getKey(),
                        String.valueOf(entry.getValue()),
                        percent(entry.getValue() / (double) report.requests())));
        text.append(outcomes).append('\n');
        text.append(TextTable.ofNumbers("milliseconds", "count", "mean", "p50", "p90", "p99", "max")
                        .row(row("time to first token", report.timeToFirstToken()))
                        .row(row("time per output token", report.timePerOutputToken()))
                        .row(row("inter-token latency", report.interTokenLatency()))
                        .row(row("end to end", report.endToEnd()))
                        .row(row("own lateness", report.lateness())))
                .append('\n');
        text.append(format(
                " throughput   %.1f requests/s, %.0f prompt tokens/s, %.0f output tokens/s%n",
                report.requestsPerSecond(), report.promptTokensPerSecond(), report.outputTokensPerSecond()));
        text.append(
                format(" cache        %s of prompt tokens came from a cache%n", percent(report.cachedTokenShare())));
        if (!report.endpoints().isEmpty()) {
            text.append(format(
                    " spread       %d endpoints, most loaded %.2f times the mean%n",
                    report.endpoints().size(), report.maxOverMean()));
        }
        if (!report.kinds().isEmpty()) {
            text.append('\n').append(kinds());
        }
        if (report.goodput() != null) {
            text.append(format(
                    " goodput      %s of requests within the limits (wanted: %s)%n",
                    percent(report.goodput()), percent(slo.minGoodput())));
        }
        if (!report.valid()) {
            text.append(format(
                    " INVALID      the generator itself was late: p99 %.1f ms (limit %.0f ms); lower the rate or free the"
                            + " machine%n",
                    report.lateness().p99(), LoadReport.MAX_LATENESS_MILLIS));
        }
        return text.toString();
    }

    private TextTable kinds() {
        TextTable table = TextTable.ofNumbers(
                "kind", "requests", "answered", "TTFT p50", "TTFT p99", "end to end p50", "end to end p99");
        report.kinds()
                .forEach(kind -> table.row(
                        kind.name(),
                        String.valueOf(kind.requests()),
                        percent(kind.answered() / (double) kind.requests()),
                        millis(kind.timeToFirstToken(), kind.timeToFirstToken().p50()),
                        millis(kind.timeToFirstToken(), kind.timeToFirstToken().p99()),
                        millis(kind.endToEnd(), kind.endToEnd().p50()),
                        millis(kind.endToEnd(), kind.endToEnd().p99())));
        return table;
    }

    private static String[] row(String name, LoadReport.Percentiles times) {
        return new String[] {
            name,
            String.valueOf(times.count()),
            millis(times, times.mean()),
            millis(times, times.p50()),
            millis(times, times.p90()),
            millis(times, times.p99()),
            millis(times, times.max())
        };
    }

    private static String millis(LoadReport.Percentiles times, double value) {
        return times.count() == 0 ? "-" : format("%.2f", value);
    }

    private static String percent(double share) {
        return Double.isFinite(share) ? format("%.1f %%", share * 100) : "-";
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern.replace("%n", "\n"), values);
    }
}
