package io.llmd.lab.traffic;

import io.llmd.simulator.workload.TraceRow;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/**
 * Traces in the form of Azure's public recordings of LLM inference: CSV with {@code TIMESTAMP,ContextTokens,GeneratedTokens}, times as
 * {@code 2023-11-16 18:17:03.9799600}, perhaps with an offset. Nothing is known of the prompts, so that each is like no other.
 */
public final class AzureTrace {

    private static final Pattern OFFSET = Pattern.compile("(?:Z|[+-]\\d\\d:?\\d\\d)$");

    private AzureTrace() {}

    /**
     * Reads a trace.
     *
     * @param name for tables
     * @param file CSV with a head, packed when its name ends in {@code .gz}
     * @throws IOException when it cannot be read, a line is not of the form, or times go back
     */
    public static MooncakeTrace read(String name, Path file) throws IOException {
        List<TraceRow> rows = new ArrayList<>();
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(open(file), StandardCharsets.UTF_8))) {
            LocalDateTime start = null;
            reader.readLine();
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (!line.isBlank()) {
                    String[] cells = cells(line, file, rows.size() + 1);
                    LocalDateTime time = time(cells[0], file, rows.size() + 1);
                    start = start == null ? time : start;
                    rows.add(row(start, time, cells, file, rows));
                }
            }
        }
        if (rows.isEmpty()) {
            throw new IOException(file + ": no rows (expected: one at least)");
        }
        return MooncakeTrace.of(name, rows);
    }

    private static InputStream open(Path file) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file));
        return file.toString().endsWith(".gz") ? new GZIPInputStream(in) : in;
    }

    private static String[] cells(String line, Path file, int number) throws IOException {
        String[] cells = line.split(",");
        if (cells.length < 3) {
            throw new IOException(
                    file + ", row " + number + ": " + line + " (expected: time, prompt and output tokens)");
        }
        return cells;
    }

    private static LocalDateTime time(String text, Path file, int number) throws IOException {
        try {
            return LocalDateTime.parse(
                    OFFSET.matcher(text.trim()).replaceFirst("").replace(' ', 'T'));
        } catch (DateTimeException e) {
            throw new IOException(
                    file + ", row " + number + ": " + text + " (expected: 2023-11-16 18:17:03.9799600)", e);
        }
    }

    private static TraceRow row(
            LocalDateTime start, LocalDateTime time, String[] cells, Path file, List<TraceRow> before)
            throws IOException {
        try {
            TraceRow row = TraceRow.of(
                    Duration.between(start, time).toNanos(),
                    Integer.parseInt(cells[1].trim()),
                    Math.max(1, Integer.parseInt(cells[2].trim())));
            if (!before.isEmpty() && row.time() < before.getLast().time()) {
                throw new IllegalArgumentException(cells[0] + " (expected: not before the row before)");
            }
            return row;
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ", row " + (before.size() + 1) + ": " + e.getMessage(), e);
        }
    }
}
