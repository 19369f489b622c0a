package io.llmd.lab.report;

import io.llmd.lab.result.RunResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/** Results as CSV and Markdown. Equal results give equal text. */
public final class Tables {

    private Tables() {}

    /** One line for each run behind a line of names. */
    public static String csv(List<RunResult> runs) {
        return csv(runs, Column.USUAL);
    }

    /** The same with the figures that tell how prefill and decode share the work. */
    public static String csvApart(List<RunResult> runs) {
        return csv(runs, Column.APART);
    }

    /** The same behind the id of each run's section. */
    public static String csvBySection(Map<String, List<RunResult>> sections) {
        StringBuilder text = new StringBuilder();
        sections.forEach((id, runs) -> {
            List<String> lines = csv(runs).lines().toList();
            if (text.isEmpty()) {
                text.append("section,").append(lines.getFirst()).append('\n');
            }
            lines.stream()
                    .skip(1)
                    .forEach(line -> text.append(id).append(',').append(line).append('\n'));
        });
        return text.toString();
    }

    private static String csv(List<RunResult> runs, List<Column> columns) {
        StringJoiner names = new StringJoiner(",")
                .add("traffic")
                .add("contender")
                .add("seed")
                .add("requests")
                .add("finished");
        for (Column column : columns) {
            names.add(column.key());
        }
        StringBuilder text = new StringBuilder(names.toString()).append('\n');
        for (RunResult run : runs) {
            StringJoiner cells = new StringJoiner(",")
                    .add(run.traffic())
                    .add(run.contender())
                    .add(Long.toString(run.seed()))
                    .add(Integer.toString(run.requests()))
                    .add(Integer.toString(run.finished()));
            for (Column column : columns) {
                cells.add(String.format(Locale.ROOT, "%.4f", column.of(run)));
            }
            text.append(cells).append('\n');
        }
        return text.toString();
    }

    /** One row for each contender, means over the seeds, in the order of the runs. */
    public static String markdown(List<RunResult> runs) {
        return markdown(runs, Column.USUAL);
    }

    /** The same with the figures that tell how prefill and decode share the work. */
    public static String markdownApart(List<RunResult> runs) {
        return markdown(runs, Column.APART);
    }

    /** The same with the figures that compare policies. */
    static String markdownShort(List<RunResult> runs) {
        return markdown(runs, Column.SHORT);
    }

    private static String markdown(List<RunResult> runs, List<Column> columns) {
        StringBuilder text = new StringBuilder("| contender |");
        StringBuilder line = new StringBuilder("| --- |");
        for (Column column : columns) {
            text.append(' ').append(column.title()).append(" |");
            line.append(" ---: |");
        }
        text.append('\n').append(line).append('\n');
        rows(runs, columns)
                .forEach(
                        row -> text.append("| ").append(String.join(" | ", row)).append(" |\n"));
        return text.toString();
    }

    /** One line for each figure of each run, for people. */
    public static List<String> figures(List<RunResult> runs) {
        List<String> lines = new ArrayList<>();
        for (RunResult run : runs) {
            lines.add(String.format(
                    Locale.ROOT,
                    "%s, %s, seed %d: %d requests",
                    run.traffic(),
                    run.contender(),
                    run.seed(),
                    run.requests()));
            for (Column column : Column.USUAL) {
                lines.add(String.format(Locale.ROOT, "  %-20s %12s", column.key(), column.shown(column.of(run))));
            }
        }
        return lines;
    }

    /** Cells of each row of {@link #markdown}, the contender first. */
    static List<List<String>> rows(List<RunResult> runs, List<Column> columns) {
        List<List<String>> rows = new ArrayList<>();
        byContender(runs).forEach((contender, own) -> {
            List<String> cells = new ArrayList<>();
            cells.add(contender);
            for (Column column : columns) {
                cells.add(column.shown(
                        own.stream().mapToDouble(column::of).average().orElse(Double.NaN)));
            }
            rows.add(cells);
        });
        return rows;
    }

    /** Runs by contender, in their order. */
    static Map<String, List<RunResult>> byContender(List<RunResult> runs) {
        Map<String, List<RunResult>> grouped = new LinkedHashMap<>();
        runs.forEach(run -> grouped.computeIfAbsent(run.contender(), any -> new ArrayList<>())
                .add(run));
        return grouped;
    }
}
