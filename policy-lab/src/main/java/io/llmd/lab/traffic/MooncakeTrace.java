package io.llmd.lab.traffic;

import io.llmd.simulator.engine.CounterRandom;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A trace in Mooncake's form: one JSON object per line with {@code timestamp} (ms), {@code input_length},
 * {@code output_length} and {@code hash_ids}, one for each 512 tokens of the prompt. Rows of the same time come at once in
 * the recording because its clock is coarse: they are spread at random until the next time.
 */
public final class MooncakeTrace implements Traffic {

    /** Tokens that one hash id stands for. */
    public static final int TOKENS_PER_ID = 512;

    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final long LONGEST_SPREAD_MILLIS = 3000;
    private static final double WARM_UP = 0.1;

    private final String name;
    private final List<TraceRow> rows;
    private final double speed;

    private MooncakeTrace(String name, List<TraceRow> rows, double speed) {
        this.name = name;
        this.rows = rows;
        this.speed = speed;
        if (!(speed > 0) || Double.isInfinite(speed)) {
            throw new IllegalArgumentException("speed: " + speed + " (expected: > 0)");
        }
    }

    /**
     * Reads a trace.
     *
     * @param name for tables
     * @param file JSON lines, packed when its name ends in {@code .gz}
     * @param mostRows rows taken from its beginning
     * @throws IOException when it cannot be read, a line is not of the form, or times go back
     */
    public static MooncakeTrace read(String name, Path file, int mostRows) throws IOException {
        JsonMapper json = JsonMapper.builder().build();
        List<TraceRow> rows = new ArrayList<>();
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(open(file), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null && rows.size() < mostRows; line = reader.readLine()) {
                if (!line.isBlank()) {
                    TraceRow row = row(json, line, file, rows.size() + 1);
                    if (!rows.isEmpty() && row.time() < rows.getLast().time()) {
                        throw new IOException(file + ", row " + (rows.size() + 1) + ": timestamp: "
                                + row.time() / NANOS_PER_MILLI + " (expected: >= that of the row before, "
                                + rows.getLast().time() / NANOS_PER_MILLI + ")");
                    }
                    rows.add(row);
                }
            }
        }
        if (rows.isEmpty()) {
            throw new IOException(file + ": no rows (expected: one at least)");
        }
        return new MooncakeTrace(name, List.copyOf(rows), 1);
    }

    private static InputStream open(Path file) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file));
        return file.toString().endsWith(".gz") ? new GZIPInputStream(in) : in;
    }

    private static TraceRow row(JsonMapper json, String line, Path file, int number) throws IOException {
        try {
            JsonNode row = json.readTree(line);
            JsonNode ids = row.required("hash_ids");
            long[] blocks = new long[ids.size()];
            for (int i = 0; i < blocks.length; i++) {
                blocks[i] = ids.get(i).asLong();
            }
            return new TraceRow(
                    row.required("timestamp").asLong() * NANOS_PER_MILLI,
                    row.required("input_length").asInt(),
                    Math.max(1, row.required("output_length").asInt()),
                    blocks,
                    TOKENS_PER_ID);
        } catch (JacksonException | IllegalArgumentException e) {
            throw new IOException(file + ", row " + number + ": " + e.getMessage(), e);
        }
    }

    /** A trace of these rows, in the order of their times. */
    static MooncakeTrace of(String name, List<TraceRow> rows) {
        return new MooncakeTrace(name, List.copyOf(rows), 1);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public MooncakeTrace atSpeed(double value) {
        return new MooncakeTrace(name, rows, value);
    }

    /** The same with fewer rows, from the beginning. @throws IllegalArgumentException unless there are so many */
    public MooncakeTrace firstRows(int count) {
        if (count < 1 || count > rows.size()) {
            throw new IllegalArgumentException("rows: " + count + " (expected: 1 to " + rows.size() + ")");
        }
        return new MooncakeTrace(name, rows.subList(0, count), speed);
    }

    /** Rows as recorded. */
    public int rows() {
        return rows.size();
    }

    /** Mean rate at its speed; that of one row is one. */
    public double requestsPerSecond() {
        double seconds = (rows.getLast().time() - rows.getFirst().time()) / 1e9;
        return speed * (seconds == 0 ? rows.size() : rows.size() / seconds);
    }

    @Override
    public Load load(long seed) {
        long firstCounted = Math.round(rows.size() * WARM_UP);
        return Load.of(new TraceWorkload(spread(seed).iterator(), speed), request -> request.id() >= firstCounted);
    }

    private List<TraceRow> spread(long seed) {
        List<TraceRow> spread = new ArrayList<>(rows.size());
        int from = 0;
        while (from < rows.size()) {
            int to = from + 1;
            while (to < rows.size() && rows.get(to).time() == rows.get(from).time()) {
                to++;
            }
            long width = LONGEST_SPREAD_MILLIS * NANOS_PER_MILLI;
            if (to < rows.size()) {
                width = Math.min(width, rows.get(to).time() - rows.get(from).time());
            }
            double[] places = new double[to - from];
            for (int i = 0; i < places.length; i++) {
                places[i] = places.length == 1 ? 0 : 1 - CounterRandom.unit(seed, from, i);
            }
            Arrays.sort(places);
            for (int i = from; i < to; i++) {
                TraceRow row = rows.get(i);
                long time = row.time() + (long) (places[i - from] * width);
                spread.add(new TraceRow(time, row.promptTokens(), row.outputTokens(), row.blocks(), row.blockTokens()));
            }
            from = to;
        }
        return spread;
    }
}
