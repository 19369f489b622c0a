package io.llmd.simulator.config;

import io.llmd.simulator.engine.TableLatency;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Reads step times from a CSV file with the columns {@code phase,size,context,millis}: {@code prefill} with prompt tokens
 * and the context before them, {@code decode} with sequences and their mean context, and at most one line
 * {@code request,0,0,millis} with what a request needs before the engine sees it. Of each phase there must be a line for
 * every pair of a size and a context. Empty lines and lines that start with {@code #} count for nothing.
 */
final class LatencyTableFile {
    private static final String HEADER = "phase,size,context,millis";
    private static final double NANOS_PER_MILLI = 1e6;

    private final String name;
    private final NavigableMap<Double, NavigableMap<Double, Double>> prefill = new TreeMap<>();
    private final NavigableMap<Double, NavigableMap<Double, Double>> decode = new TreeMap<>();
    private double requestMillis = Double.NaN;

    private LatencyTableFile(String name) {
        this.name = name;
    }

    /**
     * Reads a file.
     *
     * @throws IllegalArgumentException if it cannot be read, naming the line that is wrong
     */
    static TableLatency read(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            throw new IllegalArgumentException(file + ": cannot be read (expected: a CSV file)", e);
        }
        LatencyTableFile table = new LatencyTableFile(file.toString());
        for (int i = 0; i < lines.size(); i++) {
            table.line(i + 1, lines.get(i).replace(" ", "").strip());
        }
        return new TableLatency(
                table.grid("prefill", table.prefill),
                table.grid("decode", table.decode),
                Double.isNaN(table.requestMillis) ? 0 : Math.round(table.requestMillis * NANOS_PER_MILLI));
    }

    private void line(int number, String line) {
        if (line.isEmpty() || line.startsWith("#") || line.equals(HEADER)) {
            return;
        }
        String[] fields = line.split(",", -1);
        try {
            if (fields.length != 4) {
                throw new IllegalArgumentException(fields.length + " fields");
            }
            point(fields[0], amount(fields[1]), amount(fields[2]), amount(fields[3]));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    name + ", line " + number + ": " + line + " (expected: " + HEADER + ", each point once)", e);
        }
    }

    private void point(String phase, double size, double context, double millis) {
        boolean isNew = switch (phase) {
            case "prefill" -> put(prefill, size, context, millis);
            case "decode" -> put(decode, size, context, millis);
            case "request" -> {
                boolean first = Double.isNaN(requestMillis);
                requestMillis = millis;
                yield first;
            }
            default -> throw new IllegalArgumentException(phase);
        };
        if (!isNew) {
            throw new IllegalArgumentException("twice");
        }
    }

    private static boolean put(
            NavigableMap<Double, NavigableMap<Double, Double>> points, double size, double context, double millis) {
        return points.computeIfAbsent(size, ignored -> new TreeMap<>()).put(context, millis) == null;
    }

    private TableLatency.Grid grid(String phase, NavigableMap<Double, NavigableMap<Double, Double>> points) {
        if (points.isEmpty()) {
            throw new IllegalArgumentException(name + ": no line of " + phase + " (expected: at least one)");
        }
        double[] contexts = points.values().stream()
                .flatMap(row -> row.keySet().stream())
                .mapToDouble(Double::doubleValue)
                .sorted()
                .distinct()
                .toArray();
        double[] sizes =
                points.keySet().stream().mapToDouble(Double::doubleValue).toArray();
        double[][] nanos = new double[sizes.length][contexts.length];
        for (int i = 0; i < sizes.length; i++) {
            for (int j = 0; j < contexts.length; j++) {
                nanos[i][j] = millis(phase, points, sizes[i], contexts[j]) * NANOS_PER_MILLI;
            }
        }
        return new TableLatency.Grid(sizes, contexts, nanos);
    }

    private double millis(
            String phase, NavigableMap<Double, NavigableMap<Double, Double>> points, double size, double context) {
        NavigableMap<Double, Double> row = points.get(size);
        Double millis = row == null ? null : row.get(context);
        if (millis == null) {
            throw new IllegalArgumentException(name + ": no line " + phase + "," + size + "," + context
                    + " (expected: one for every pair of a size and a context)");
        }
        return millis;
    }

    private static double amount(String text) {
        double value = Double.parseDouble(text);
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(text);
        }
        return value;
    }
}
