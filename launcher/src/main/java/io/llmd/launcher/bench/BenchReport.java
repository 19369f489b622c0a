package io.llmd.launcher.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** A run in words: progress lines and tables. */
final class BenchReport {

    private BenchReport() {}

    static String progressLine(Sample sample, int rounds) {
        StringBuilder line = new StringBuilder(String.format(
                Locale.ROOT,
                "round %d/%d  %-8s %-7s %8.1f us CPU per %s  %,9.0f %s/s  p50 %.2f ms  p99 %.2f ms",
                sample.round() + 1,
                rounds,
                sample.workload().label(),
                sample.contender(),
                sample.cpuMicros(),
                sample.workload().unit(),
                sample.rate(),
                sample.workload().unit(),
                sample.p50Nanos() / 1e6,
                sample.p99Nanos() / 1e6));
        if (!sample.isQuiet()) {
            line.append(String.format(
                    Locale.ROOT,
                    "  disturbed: others used %.0f %% of the machine, events %.1f ms late",
                    sample.foreignShare() * 100,
                    sample.paceLag().toNanos() / 1e6));
        }
        return line.toString();
    }

    /** One row per contender. */
    static String contenders(Results results, List<String> contenders) {
        List<String[]> rows = new ArrayList<>();
        rows.add(new String[] {
            "contender",
            "short us",
            "short req/s",
            "long us",
            "paced us",
            "unpaced us",
            "unpaced ev/s",
            "added p50 us",
            "added p99 us",
            "half p99 ms"
        });
        for (String contender : contenders) {
            rows.add(new String[] {
                contender,
                cell(results, contender, Workload.SHORT, Sample::cpuMicros, "%.1f"),
                cell(results, contender, Workload.SHORT, Sample::rate, "%,.0f"),
                cell(results, contender, Workload.LONG, Sample::cpuMicros, "%.1f"),
                cell(results, contender, Workload.PACED, Sample::cpuMicros, "%.1f"),
                cell(results, contender, Workload.UNPACED, Sample::cpuMicros, "%.1f"),
                cell(results, contender, Workload.UNPACED, Sample::rate, "%,.0f"),
                added(results, contender, sample -> sample.p50Nanos() / 1e3),
                added(results, contender, sample -> sample.p99Nanos() / 1e3),
                cell(results, contender, Workload.HALF, sample -> sample.p99Nanos() / 1e6, "%.2f")
            });
        }
        return table(rows);
    }

    /** One row per judged goal. */
    static String goals(List<GoalLine> lines) {
        List<String[]> rows = new ArrayList<>();
        rows.add(new String[] {"goal", "figure", "against", "median", "rounds", "target", "met", "disturbed"});
        for (GoalLine line : lines) {
            if (line.target() != null) {
                rows.add(new String[] {
                    line.goal(),
                    line.name(),
                    line.baseline() == null ? "-" : line.baseline(),
                    String.format(Locale.ROOT, "%.2f %s", line.value(), line.unit()),
                    String.format(Locale.ROOT, "%.2f-%.2f", line.low(), line.high()),
                    target(line, line.target()),
                    Boolean.TRUE.equals(line.pass()) ? "yes" : "no",
                    Long.toString(line.disturbed())
                });
            }
        }
        return rows.size() == 1 ? "" : table(rows);
    }

    private static String target(GoalLine line, double target) {
        boolean isBound = Boolean.TRUE.equals(line.pass()) == (line.value() <= target);
        return String.format(Locale.ROOT, isBound ? "<= %.2f" : ">= %.0f", target);
    }

    private static String cell(
            Results results, String contender, Workload workload, ToDoubleFunction<Sample> value, String format) {
        return cell(results.figure(contender, workload, value), format);
    }

    private static String added(Results results, String contender, ToDoubleFunction<Sample> value) {
        return cell(results.added(contender, GatewayBench.DIRECT, Workload.SINGLE, value), "%.0f");
    }

    private static String cell(Optional<Figure> figure, String format) {
        return figure.map(f -> String.format(Locale.ROOT, format, f.median())).orElse("-");
    }

    private static String table(List<String[]> rows) {
        int[] widths = new int[rows.getFirst().length];
        for (String[] row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String padding = " ".repeat(widths[i] - row[i].length());
                line.append("  ").append(i == 0 ? row[i] + padding : padding + row[i]);
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
