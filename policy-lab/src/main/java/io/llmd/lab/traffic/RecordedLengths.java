package io.llmd.lab.traffic;

import io.llmd.simulator.workload.TraceRow;
import io.llmd.simulator.workload.TraceWorkload;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * Recorded times and lengths of requests whose prompts nobody knows: none is like another, so that no cache helps. The first
 * tenth of the requests does not count.
 */
public final class RecordedLengths implements Traffic {

    private static final double WARM_UP = 0.1;
    private static final int COLUMNS = 3;

    private final String name;
    private final List<TraceRow> rows;
    private final double speed;

    private RecordedLengths(String name, List<TraceRow> rows, double speed) {
        if (!(speed > 0) || Double.isInfinite(speed)) {
            throw new IllegalArgumentException("speed: " + speed + " (expected: > 0)");
        }
        this.name = name;
        this.rows = rows;
        this.speed = speed;
    }

    /**
     * Reads a recording of Azure's form: a line of names, then {@code TIMESTAMP,ContextTokens,GeneratedTokens}.
     *
     * @param name for tables
     * @param file packed when its name ends in {@code .gz}
     * @param mostRows rows taken from its beginning
     * @throws IOException when it cannot be read, a line is not of the form, or times go back
     */
    public static RecordedLengths azure(String name, Path file, int mostRows) throws IOException {
        List<TraceRow> rows = new ArrayList<>();
        LocalDateTime first = null;
        try (BufferedReader reader = lines(file)) {
            reader.readLine();
            for (String line = reader.readLine(); line != null && rows.size() < mostRows; line = reader.readLine()) {
                if (line.isBlank()) {
                    continue;
                }
                LocalDateTime time = time(line, file, rows.size());
                first = first == null ? time : first;
                rows.add(row(line, ChronoUnit.NANOS.between(first, time), file, rows.size()));
                if (rows.size() > 1
                        && rows.getLast().time() < rows.get(rows.size() - 2).time()) {
                    throw refused(
                            file, rows.size() - 1, "TIMESTAMP: " + time + " (expected: none before the last one)");
                }
            }
        }
        if (rows.isEmpty()) {
            throw new IOException(file + ": no rows (expected: one at least)");
        }
        return new RecordedLengths(name, List.copyOf(rows), 1);
    }

    static BufferedReader lines(Path file) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file));
        return new BufferedReader(new InputStreamReader(
                file.toString().endsWith(".gz") ? new GZIPInputStream(in) : in, StandardCharsets.UTF_8));
    }

    private static LocalDateTime time(String line, Path file, int row) throws IOException {
        try {
            return LocalDateTime.parse(
                    line.substring(0, Math.max(0, line.indexOf(','))).replace(' ', 'T'));
        } catch (DateTimeParseException e) {
            throw refused(file, row, String.valueOf(e.getMessage()));
        }
    }

    private static TraceRow row(String line, long nanos, Path file, int row) throws IOException {
        String[] cells = line.split(",", -1);
        try {
            if (cells.length != COLUMNS) {
                throw new IllegalArgumentException("columns: " + cells.length + " (expected: " + COLUMNS + ")");
            }
            return TraceRow.of(
                    Math.max(0, nanos),
                    Math.max(1, Integer.parseInt(cells[1].strip())),
                    Math.max(1, Integer.parseInt(cells[2].strip())));
        } catch (IllegalArgumentException e) {
            throw refused(file, row, String.valueOf(e.getMessage()));
        }
    }

    private static IOException refused(Path file, int row, String message) {
        return new IOException(file + ", row " + (row + 1) + ": " + message);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Traffic atSpeed(double value) {
        return new RecordedLengths(name, rows, value);
    }

    @Override
    public Load load(long seed) {
        long firstCounted = Math.round(rows.size() * WARM_UP);
        return Load.of(new TraceWorkload(rows.iterator(), speed), request -> request.id() >= firstCounted);
    }
}
