package io.llmd.lab.traffic;

import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.workload.TraceRow;
import io.llmd.simulator.workload.TraceWorkload;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A production service by its rates and lengths in windows of time, as ServeGen publishes them: in each window requests come
 * with gamma-distributed gaps of the window's rate and variation, and have lognormal lengths of its median and 90th percentile.
 * Windows are shortened, and rates scaled to the fleet. Prompts are not known, so that no cache helps. The first tenth of the
 * windows does not count.
 */
public final class ServeGenWindows implements Traffic {

    private static final double WARM_UP = 0.1;
    /** Of the 90th percentile of a normal distribution. */
    private static final double Z90 = 1.2815515655446004;

    private static final int RATE = 2;
    private static final int VARIATION = 3;
    private static final int PROMPT = 6;
    private static final int OUTPUT = 10;
    private static final int COLUMNS = 14;
    private static final int LONGEST = 32_000;
    private static final double MOST_VARIATION = 5;
    private static final long GAP = 1;
    private static final long LENGTH = 100;

    /** One window. @param variation of the gaps, as a coefficient @param prompt, output median and 90th percentile */
    private record Window(double rate, double variation, double[] prompt, double[] output) {}

    private final List<Window> windows;
    private final double seconds;
    private final double speed;

    private ServeGenWindows(List<Window> windows, double seconds, double speed) {
        if (!(speed > 0) || !(seconds > 0) || Double.isInfinite(speed)) {
            throw new IllegalArgumentException("speed: " + speed + ", seconds: " + seconds + " (expected: > 0)");
        }
        this.windows = windows;
        this.seconds = seconds;
        this.speed = speed;
    }

    /**
     * Reads windows: a line of names, then {@code model, t_s, rate_per_s, cv_interarrival, active_clients, top_client_share,
     * in_mean, in_p50, in_p90, in_p99, out_mean, out_p50, out_p90, out_p99}.
     *
     * @param file packed when its name ends in {@code .gz}
     * @param every of how many windows one is taken
     * @param most windows
     * @param seconds that each lasts here
     * @param meanRate requests per second that the mean of the windows taken becomes
     * @throws IOException when it cannot be read, or a line is not of the form
     */
    public static ServeGenWindows read(Path file, int every, int most, double seconds, double meanRate)
            throws IOException {
        List<Window> windows = new ArrayList<>();
        try (BufferedReader reader = RecordedLengths.lines(file)) {
            reader.readLine();
            int row = 0;
            for (String line = reader.readLine(); line != null && windows.size() < most; line = reader.readLine()) {
                if (row++ % every == 0 && !line.isBlank()) {
                    windows.add(window(line, file, row));
                }
            }
        }
        double mean = windows.stream().mapToDouble(Window::rate).average().orElse(0);
        if (!(mean > 0)) {
            throw new IOException(file + ": no windows with requests (expected: one at least)");
        }
        List<Window> scaled = windows.stream()
                .map(window -> new Window(
                        window.rate() * meanRate / mean, window.variation(), window.prompt(), window.output()))
                .toList();
        return new ServeGenWindows(scaled, seconds, 1);
    }

    private static Window window(String line, Path file, int row) throws IOException {
        String[] cells = line.split(",", -1);
        try {
            if (cells.length != COLUMNS) {
                throw new IllegalArgumentException("columns: " + cells.length + " (expected: " + COLUMNS + ")");
            }
            return new Window(
                    Double.parseDouble(cells[RATE]),
                    Math.clamp(Double.parseDouble(cells[VARIATION]), 0.1, MOST_VARIATION),
                    lengths(cells, PROMPT),
                    lengths(cells, OUTPUT));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ", row " + row + ": " + e.getMessage(), e);
        }
    }

    /** Median and 90th percentile, which stand behind the mean. */
    private static double[] lengths(String[] cells, int mean) {
        double median = Math.max(1, Double.parseDouble(cells[mean + 1]));
        return new double[] {median, Math.max(median, Double.parseDouble(cells[mean + 2]))};
    }

    @Override
    public String name() {
        return "servegen";
    }

    @Override
    public Traffic atSpeed(double value) {
        return new ServeGenWindows(windows, seconds, value);
    }

    @Override
    public Load load(long seed) {
        List<TraceRow> rows = new ArrayList<>();
        for (int i = 0; i < windows.size(); i++) {
            addRows(windows.get(i), i * seconds, CounterRandom.bits(seed, i, 0), rows);
        }
        long warmUp = rows.stream()
                .filter(row -> row.time() < WARM_UP * windows.size() * seconds * 1e9)
                .count();
        return Load.of(new TraceWorkload(rows.iterator(), speed), request -> request.id() >= warmUp);
    }

    private void addRows(Window window, double begin, long seed, List<TraceRow> rows) {
        double shape = 1 / (window.variation() * window.variation());
        double scale = 1 / (window.rate() * shape);
        double second = gamma(shape, seed, 0) * scale * CounterRandom.unit(seed, 0, GAP);
        for (long i = 1; second < seconds; i++) {
            rows.add(TraceRow.of(
                    (long) ((begin + second) * 1e9),
                    drawn(window.prompt(), seed, i, LENGTH),
                    drawn(window.output(), seed, i, LENGTH + 2)));
            second += gamma(shape, seed, i) * scale;
        }
    }

    private static int drawn(double[] lengths, long seed, long key, long draw) {
        double sigma = Math.log(lengths[1] / lengths[0]) / Z90;
        double normal =
                CounterRandom.normal(CounterRandom.unit(seed, key, draw), CounterRandom.unit(seed, key, draw + 1));
        return (int) Math.clamp(lengths[0] * Math.exp(sigma * normal), 1, LONGEST);
    }

    /** A gamma variate of scale 1: Marsaglia and Tsang, and below shape 1 by a power of a uniform one. */
    private static double gamma(double shape, long seed, long key) {
        if (shape < 1) {
            return gamma(shape + 1, seed, key) * Math.pow(CounterRandom.unit(seed, key, GAP + 1), 1 / shape);
        }
        double d = shape - 1 / 3.0;
        double c = 1 / Math.sqrt(9 * d);
        for (long draw = GAP + 2; ; draw += 3) {
            double normal =
                    CounterRandom.normal(CounterRandom.unit(seed, key, draw), CounterRandom.unit(seed, key, draw + 1));
            double v = Math.pow(1 + c * normal, 3);
            double u = CounterRandom.unit(seed, key, draw + 2);
            if (v > 0 && Math.log(u) < 0.5 * normal * normal + d - d * v + d * Math.log(v)) {
                return d * v;
            }
        }
    }
}
