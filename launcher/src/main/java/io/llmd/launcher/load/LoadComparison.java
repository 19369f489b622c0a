package io.llmd.launcher.load;

import io.llmd.launcher.terminal.TextTable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/**
 * Two reports of runs, one against the other. Differences have intervals that cover the true one in 95 of 100 pairs of runs,
 * as far as the requests of a run are independent; what differs from run to run on a machine is not in them.
 */
public final class LoadComparison {

    /**
     * A figure of both runs.
     *
     * @param before of the first run
     * @param after of the second
     * @param low lower bound of the difference
     * @param high upper bound
     */
    public record Line(String name, String unit, double before, double after, double low, double high) {

        /** Whether the interval leaves out that there is no difference. */
        public boolean differs() {
            return low > 0 || high < 0;
        }
    }

    private static final int DRAWS = 2_000;
    private static final double NORMAL_95 = 1.96;
    private static final double[] QUANTILES = {0.5, 0.9, 0.99};

    private final List<Line> lines = new ArrayList<>();

    /** Compares {@code after} with {@code before}. */
    public LoadComparison(LoadReport before, LoadReport after) {
        times(
                "time to first token",
                before.histograms().timeToFirstToken(),
                after.histograms().timeToFirstToken());
        times(
                "inter-token latency",
                before.histograms().interTokenLatency(),
                after.histograms().interTokenLatency());
        times("end to end", before.histograms().endToEnd(), after.histograms().endToEnd());
        share("answered", before.answered(), before.requests(), after.answered(), after.requests());
        if (before.goodput() != null && after.goodput() != null) {
            share(
                    "goodput",
                    Math.round(before.goodput() * before.requests()),
                    before.requests(),
                    Math.round(after.goodput() * after.requests()),
                    after.requests());
        }
        exact("cached prompt tokens", "share", before.cachedTokenShare(), after.cachedTokenShare());
        exact("throughput", "output tokens/s", before.outputTokensPerSecond(), after.outputTokensPerSecond());
        exact("spread", "max over mean", before.maxOverMean(), after.maxOverMean());
    }

    private void times(String name, String before, String after) {
        Histogram first = decoded(before);
        Histogram second = decoded(after);
        if (first.getTotalCount() == 0 || second.getTotalCount() == 0) {
            return;
        }
        for (double quantile : QUANTILES) {
            RandomGenerator random = new SplittableRandom(1);
            double[] differences = new double[DRAWS];
            for (int i = 0; i < DRAWS; i++) {
                differences[i] = drawn(second, quantile, random) - drawn(first, quantile, random);
            }
            Arrays.sort(differences);
            lines.add(new Line(
                    name + " p" + Math.round(quantile * 100),
                    "ms",
                    first.getValueAtPercentile(quantile * 100) / 1000.0,
                    second.getValueAtPercentile(quantile * 100) / 1000.0,
                    differences[(int) (DRAWS * 0.025)] / 1000,
                    differences[(int) (DRAWS * 0.975)] / 1000));
        }
    }

    /** A quantile as another run of as many requests could have had it: its rank varies as a binomial count does. */
    private static double drawn(Histogram times, double quantile, RandomGenerator random) {
        double deviation = Math.sqrt(quantile * (1 - quantile) / times.getTotalCount());
        double rank = Math.clamp(quantile + deviation * random.nextGaussian(), 0, 1);
        return times.getValueAtPercentile(rank * 100);
    }

    private void share(String name, long goodBefore, long before, long goodAfter, long after) {
        if (before == 0 || after == 0) {
            return;
        }
        double first = goodBefore / (double) before;
        double second = goodAfter / (double) after;
        double deviation = Math.sqrt(first * (1 - first) / before + second * (1 - second) / after);
        double difference = second - first;
        lines.add(new Line(
                name, "share", first, second, difference - NORMAL_95 * deviation, difference + NORMAL_95 * deviation));
    }

    private void exact(String name, String unit, double before, double after) {
        lines.add(new Line(name, unit, before, after, after - before, after - before));
    }

    private static Histogram decoded(String text) {
        try {
            return Histogram.decodeFromCompressedByteBuffer(
                    ByteBuffer.wrap(Base64.getDecoder().decode(text)), 0);
        } catch (DataFormatException | IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "histogram: not in HDR's form (expected: a report of 'llmd load --out')", e);
        }
    }

    /** All figures. */
    public List<Line> lines() {
        return List.copyOf(lines);
    }

    @Override
    public String toString() {
        TextTable table = TextTable.ofNumbers("figure", "before", "after", "difference", "95 % interval", "unit");
        for (Line line : lines) {
            boolean isExact = line.low() == line.high();
            table.row(
                    line.name(),
                    number(line.before()),
                    number(line.after()),
                    signed(line.after() - line.before()) + (isExact || line.differs() ? "" : " (none shown)"),
                    isExact ? "" : signed(line.low()) + " to " + signed(line.high()),
                    line.unit());
        }
        return table.toString();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, Math.abs(value) < 10 ? "%.3f" : "%.1f", value);
    }

    private static String signed(double value) {
        return (value < 0 ? "" : "+") + number(value);
    }
}
