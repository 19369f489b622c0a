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
 * as far as the requests of a run are independent; what differs from run to run on a machine is not in them. The gaps of one
 * stream are not independent of each other: they come out of the same batches. So a run has as many observations of its gaps as
 * it has streams, which is the least there can be and makes those intervals rather too wide.
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
        LoadReport.Histograms first = before.histograms();
        LoadReport.Histograms second = after.histograms();
        times("time to first token", first.timeToFirstToken(), second.timeToFirstToken());
        if (first.timePerOutputToken() != null && second.timePerOutputToken() != null) {
            times("time per output token", first.timePerOutputToken(), second.timePerOutputToken());
        }
        times(
                "inter-token latency",
                Observed.ofStreams(first.interTokenLatency(), before.timePerOutputToken()),
                Observed.ofStreams(second.interTokenLatency(), after.timePerOutputToken()));
        times("end to end", first.endToEnd(), second.endToEnd());
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
        times(name, Observed.ofRequests(before), Observed.ofRequests(after));
    }

    private void times(String name, Observed before, Observed after) {
        if (before.independent() == 0 || after.independent() == 0) {
            return;
        }
        for (double quantile : QUANTILES) {
            RandomGenerator random = new SplittableRandom(1);
            double[] differences = new double[DRAWS];
            for (int i = 0; i < DRAWS; i++) {
                differences[i] = after.drawn(quantile, random) - before.drawn(quantile, random);
            }
            Arrays.sort(differences);
            lines.add(new Line(
                    name + " p" + Math.round(quantile * 100),
                    "ms",
                    before.at(quantile),
                    after.at(quantile),
                    differences[(int) (DRAWS * 0.025)],
                    differences[(int) (DRAWS * 0.975)]));
        }
    }

    /**
     * Times of a run.
     *
     * @param times in microseconds
     * @param independent how many of them count as independent of each other
     */
    private record Observed(Histogram times, long independent) {

        static Observed ofRequests(String encoded) {
            Histogram times = decoded(encoded);
            return new Observed(times, times.getTotalCount());
        }

        /** @param perStream one time for each stream */
        static Observed ofStreams(String encoded, LoadReport.Percentiles perStream) {
            Histogram times = decoded(encoded);
            return new Observed(times, Math.min(times.getTotalCount(), perStream.count()));
        }

        /** In milliseconds. */
        double at(double quantile) {
            return times.getValueAtPercentile(quantile * 100) / 1000.0;
        }

        /** A quantile as another run of as many requests could have had it: its rank varies as a binomial count does. */
        double drawn(double quantile, RandomGenerator random) {
            double deviation = Math.sqrt(quantile * (1 - quantile) / independent);
            return at(Math.clamp(quantile + deviation * random.nextGaussian(), 0, 1));
        }
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
