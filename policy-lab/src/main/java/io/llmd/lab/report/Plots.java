package io.llmd.lab.report;

import io.llmd.lab.result.RunResult;
import java.awt.Color;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Results as PNG images. */
final class Plots {

    private static final int WIDTH = 1100;
    private static final int HEIGHT = 460;
    private static final int BARS_HEIGHT = 520;
    private static final Color OTHERS = new Color(120, 140, 170);
    private static final Color OURS = new Color(220, 110, 20);
    private static final float OUR_WIDTH = 3;
    private static final int TICK_PIXELS = 80;
    private static final int STEPS = 100;
    private static final double LEAST_MILLIS = 1;
    private static final double TAIL = 0.9;

    static {
        // Images need no window, also where there could be one.
        System.setProperty("java.awt.headless", "true");
    }

    private Plots() {}

    /** One bar for each contender, means over the seeds. @param ours in another color */
    static byte[] bars(String title, Column column, List<RunResult> runs, List<String> ours) {
        Map<String, Double> values = new LinkedHashMap<>();
        Tables.byContender(runs)
                .forEach((contender, own) -> values.put(
                        contender,
                        own.stream().mapToDouble(column::of).average().orElse(0)));
        return values(title, values, ours);
    }

    /** One bar for each name. @param ours in another color */
    static byte[] values(String title, Map<String, Double> values, List<String> ours) {
        CategoryChart chart = new CategoryChartBuilder()
                .width(WIDTH)
                .height(BARS_HEIGHT)
                .title(title)
                .build();
        chart.getStyler()
                .setLegendVisible(false)
                .setChartBackgroundColor(Color.WHITE)
                .setSeriesColors(new Color[] {OTHERS, OURS});
        chart.getStyler()
                .setOverlapped(true)
                .setAvailableSpaceFill(0.7)
                .setXAxisLabelRotation(90)
                .setXAxisMaxLabelCount(values.size());
        List<String> names = List.copyOf(values.keySet());
        chart.addSeries("others", names, only(values, name -> !ours.contains(name)));
        chart.addSeries("ours", names, only(values, ours::contains));
        return encoded(() -> BitmapEncoder.getBitmapBytes(chart, BitmapFormat.PNG));
    }

    private static List<Double> only(Map<String, Double> values, Predicate<String> wanted) {
        return values.entrySet().stream()
                .map(each -> wanted.test(each.getKey()) && !each.getValue().isNaN() ? each.getValue() : 0.0)
                .toList();
    }

    /**
     * For each contender, how long the first token took for which share of the requests; first seeds only.
     *
     * @param ours in another color and wider
     */
    static byte[] firstTokens(String title, List<RunResult> runs, List<String> ours) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle("share of the requests")
                .yAxisTitle("time to first token, ms")
                .build();
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
        chart.getStyler().setYAxisLogarithmic(true);
        chart.getStyler().setXAxisMax(1.0);
        chart.getStyler().setXAxisDecimalPattern("0.0");
        chart.getStyler().setXAxisTickMarkSpacingHint(TICK_PIXELS);
        chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
        for (Map.Entry<String, List<RunResult>> own : Tables.byContender(runs).entrySet()) {
            double[] shares = new double[STEPS];
            double[] millis = new double[STEPS];
            for (int i = 0; i < STEPS; i++) {
                shares[i] = (i + 1.0) / STEPS;
                millis[i] = Math.max(
                        LEAST_MILLIS,
                        own.getValue().getFirst().timeToFirstToken().quantile(shares[i]));
            }
            XYSeries line = chart.addSeries(own.getKey(), shares, millis);
            line.setMarker(SeriesMarkers.NONE);
            int place = ours.indexOf(own.getKey());
            if (place >= 0) {
                line.setLineColor(OURS);
                line.setLineWidth(OUR_WIDTH);
                line.setLineStyle(place == 0 ? SeriesLines.SOLID : SeriesLines.DOT_DOT);
            }
        }
        return encoded(() -> BitmapEncoder.getBitmapBytes(chart, BitmapFormat.PNG));
    }

    /** A group of bars for each traffic, one bar for each contender, means over the seeds. */
    static byte[] groups(String title, Column column, List<RunResult> runs) {
        List<String> traffics = runs.stream().map(RunResult::traffic).distinct().toList();
        CategoryChart chart = new CategoryChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .yAxisTitle(column.title())
                .build();
        chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
        chart.getStyler().setAvailableSpaceFill(0.8);
        Tables.byContender(runs).forEach((contender, own) -> {
            List<Double> values =
                    traffics.stream().map(traffic -> mean(column, traffic, own)).toList();
            chart.addSeries(contender, traffics, values);
        });
        return encoded(() -> BitmapEncoder.getBitmapBytes(chart, BitmapFormat.PNG));
    }

    private static double mean(Column column, String traffic, List<RunResult> runs) {
        return runs.stream()
                .filter(run -> run.traffic().equals(traffic))
                .mapToDouble(column::of)
                .average()
                .orElse(0);
    }

    /** For each contender, how long its longest tenth of the times between tokens are; first seeds only. */
    static byte[] gaps(String title, List<RunResult> runs) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle("share of the tokens")
                .yAxisTitle("time since the token before, ms")
                .build();
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
        chart.getStyler().setYAxisLogarithmic(true);
        chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
        for (Map.Entry<String, List<RunResult>> own : Tables.byContender(runs).entrySet()) {
            double[] shares = new double[STEPS];
            double[] millis = new double[STEPS];
            for (int i = 0; i < STEPS; i++) {
                shares[i] = TAIL + (1 - TAIL) * i / STEPS;
                millis[i] =
                        Math.max(LEAST_MILLIS, own.getValue().getFirst().gaps().quantile(shares[i]));
            }
            chart.addSeries(own.getKey(), shares, millis).setMarker(SeriesMarkers.NONE);
        }
        return encoded(() -> BitmapEncoder.getBitmapBytes(chart, BitmapFormat.PNG));
    }

    private interface Encoding {
        byte[] bytes() throws IOException;
    }

    private static byte[] encoded(Encoding encoding) {
        try {
            return encoding.bytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
