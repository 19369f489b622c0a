package io.llmd.lab.autoscale;

import io.llmd.simulator.workload.TraceRow;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** Reads AIBrix's ramp: a line of names, then {@code timestamp_ms,prompt_tokens,output_tokens}, packed. */
final class AibrixRows {

    private static final int COLUMNS = 3;

    private AibrixRows() {}

    /** @throws IOException when it cannot be read, or a line is not of the form */
    static List<TraceRow> read(Path file) throws IOException {
        List<TraceRow> rows = new ArrayList<>();
        try (BufferedReader reader = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
            reader.readLine();
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                String[] cells = line.split(",", -1);
                if (cells.length != COLUMNS) {
                    throw new IOException(file + ", row " + (rows.size() + 1) + ": columns: " + cells.length
                            + " (expected: " + COLUMNS + ")");
                }
                rows.add(row(cells, file, rows.size() + 1));
            }
        }
        if (rows.isEmpty()) {
            throw new IOException(file + ": no rows (expected: one at least)");
        }
        return rows;
    }

    private static TraceRow row(String[] cells, Path file, int number) throws IOException {
        try {
            return TraceRow.of(
                    Math.round(Double.parseDouble(cells[0]) * 1e6),
                    Math.max(1, Integer.parseInt(cells[1].strip())),
                    Math.max(1, Integer.parseInt(cells[2].strip())));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ", row " + number + ": " + e.getMessage(), e);
        }
    }
}
