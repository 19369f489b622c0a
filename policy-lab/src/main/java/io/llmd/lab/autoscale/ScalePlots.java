package io.llmd.lab.autoscale;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.Styler.YAxisPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Results of autoscalers as PNG images. */
final class ScalePlots {

    private static final int WIDTH = 1100;
    private static final int HEIGHT = 460;
    private static final Color[] COLOURS = {
        new Color(0x1F77B4), new Color(0xD62728), new Color(0x2CA02C), new Color(0x9467BD), new Color(0xFF7F0E)
    };
    private static final Color RATE = new Color(0xBBBBBB);
    private static final float LINE = 1.8f;
    private static final double MINUTE = 60;
    private static final int SMOOTHED = 6;

    static {
        // Images need no window, also where there could be one.
        System.setProperty("java.awt.headless", "true");
    }

    private ScalePlots() {}

    /** Replicas over time of a few contestants, and requests a second behind them. */
    static byte[] timeline(String title, Map<String, ScaleResult> runs) {
        XYChart chart = chart(title, "minutes", "replicas that are paid for");
        chart.setYAxisGroupTitle(1, "requests a second");
        chart.getStyler().setXAxisDecimalPattern("0");
        chart.getStyler().setXAxisMin(0.0);
        chart.getStyler().setYAxisGroupPosition(1, YAxisPosition.Right);
        chart.getStyler().setYAxisMin(0, 0.0);
        chart.getStyler().setYAxisMin(1, 0.0);
        ScaleResult.Series first = runs.values().iterator().next().series();
        XYSeries rate = chart.addSeries("requests a second", minutes(first), smoothed(first.rate()));
        rate.setYAxisGroup(1);
        line(rate, RATE, 1f);
        int colour = 0;
        for (Map.Entry<String, ScaleResult> run : runs.entrySet()) {
            ScaleResult.Series series = run.getValue().series();
            XYSeries line = chart.addSeries(run.getKey(), minutes(series), doubles(series.paid()));
            line.setXYSeriesRenderStyle(XYSeriesRenderStyle.Step);
            line(line, COLOURS[colour++ % COLOURS.length], LINE);
        }
        return bytes(chart);
    }

    /** Share of good requests by mean replicas: a line for each rule with its settings. */
    static byte[] frontier(String title, Map<String, List<ScaleResult>> rules) {
        XYChart chart = chart(title, "mean replicas", "good requests, %");
        chart.getStyler().setYAxisMax(101.0);
        int colour = 0;
        for (Map.Entry<String, List<ScaleResult>> rule : rules.entrySet()) {
            List<ScaleResult> sorted = new ArrayList<>(rule.getValue());
            sorted.sort((one, other) -> Double.compare(one.replicas(), other.replicas()));
            double[] replicas =
                    sorted.stream().mapToDouble(ScaleResult::replicas).toArray();
            double[] good =
                    sorted.stream().mapToDouble(each -> 100 * each.attainment()).toArray();
            XYSeries line = chart.addSeries(rule.getKey(), replicas, good);
            line.setLineStyle(new BasicStroke(LINE));
            line.setLineColor(COLOURS[colour % COLOURS.length]);
            line.setMarker(SeriesMarkers.CIRCLE);
            line.setMarkerColor(COLOURS[colour % COLOURS.length]);
            colour++;
        }
        return bytes(chart);
    }

    private static XYChart chart(String title, String x, String y) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(x)
                .yAxisTitle(y)
                .build();
        chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
        chart.getStyler().setLegendLayout(LegendLayout.Horizontal);
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
        chart.getStyler().setPlotGridLinesColor(new Color(0xE0E0E0));
        return chart;
    }

    private static void line(XYSeries series, Color colour, float width) {
        series.setMarker(SeriesMarkers.NONE);
        series.setLineColor(colour);
        series.setLineStyle(new BasicStroke(width));
    }

    private static double[] minutes(ScaleResult.Series series) {
        double[] minutes = new double[series.paid().length];
        for (int i = 0; i < minutes.length; i++) {
            minutes[i] = (i + 1) * series.step() / MINUTE;
        }
        return minutes;
    }

    private static double[] doubles(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }

    /** Means over half a minute. */
    private static double[] smoothed(float[] values) {
        double[] smoothed = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            int from = Math.max(0, i - SMOOTHED + 1);
            double sum = 0;
            for (int j = from; j <= i; j++) {
                sum += values[j];
            }
            smoothed[i] = sum / (i - from + 1);
        }
        return smoothed;
    }

    private static byte[] bytes(XYChart chart) {
        try {
            return BitmapEncoder.getBitmapBytes(chart, BitmapFormat.PNG);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
