package io.llmd.simulator.accuracy;

import io.llmd.simulator.routing.RoutingPolicy;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Writes the tables and plots of docs/simulator-accuracy.md. Run from the folder of the module:
 * {@code mvn -q -Paccuracy test-compile}.
 */
final class AccuracyReport {
    private static final int WIDTH = 900;
    private static final int HEIGHT = 560;
    private static final Color[] COLORS = {
        new Color(0x1f77b4), new Color(0x2ca02c), new Color(0x9467bd), new Color(0xd62728)
    };

    private AccuracyReport() {}

    /** @param arguments folder of the pictures */
    public static void main(String[] arguments) throws IOException {
        Path folder = Files.createDirectories(Path.of(arguments[0]));
        AccuracyTable table = AccuracyTable.run();
        System.out.println(table.servers());
        System.out.println(table.clusterRows());
        save(servers(table), folder.resolve("simulator-servers"));
        save(rates(table), folder.resolve("simulator-cluster"));
        save(firstTokens(table), folder.resolve("simulator-cluster-first-tokens"));
    }

    private static void save(XYChart chart, Path file) throws IOException {
        BitmapEncoder.saveBitmap(chart, file.toString(), BitmapEncoder.BitmapFormat.PNG);
    }

    private static XYChart servers(AccuracyTable table) {
        XYChart chart = chart("Single servers: simulated against measured", "measured ms", "simulated ms");
        chart.getStyler().setXAxisLogarithmic(true).setYAxisLogarithmic(true);
        scatter(
                chart,
                "inter-token latency",
                table.points().stream()
                        .mapToDouble(p -> p.measured().interTokenMillis())
                        .toArray(),
                table.points().stream()
                        .mapToDouble(AnchorReplay.Point::interTokenMillis)
                        .toArray());
        scatter(
                chart,
                "time to first token",
                table.points().stream()
                        .mapToDouble(p -> p.measured().firstTokenMillis())
                        .toArray(),
                table.points().stream()
                        .mapToDouble(AnchorReplay.Point::firstTokenMillis)
                        .toArray());
        line(chart, "equal", new double[] {4, 130}, new double[] {4, 130});
        return chart;
    }

    private static XYChart rates(AccuracyTable table) {
        XYChart chart = chart(
                "Eight endpoints, Qwen3-32B on 2 x H100: output rate of each stage (calibrated)",
                "requests/s",
                "output tokens/s");
        compare(chart, table, CacheWinsStage::tokensPerSecond, CacheWinsRuns::stageRates);
        return chart;
    }

    private static XYChart firstTokens(AccuracyTable table) {
        XYChart chart = chart(
                "Eight endpoints, Qwen3-32B on 2 x H100: mean time to first token of each stage (calibrated)",
                "requests/s",
                "seconds");
        chart.getStyler().setYAxisLogarithmic(true);
        compare(chart, table, CacheWinsStage::firstTokenSeconds, CacheWinsRuns::stageFirstTokens);
        return chart;
    }

    private static void compare(
            XYChart chart,
            AccuracyTable table,
            ToDoubleFunction<CacheWinsStage> measuredFigure,
            Function<CacheWinsRuns, double[]> simulatedFigure) {
        for (RoutingPolicy policy : RoutingPolicy.values()) {
            List<CacheWinsStage> measured = CacheWinsStage.measured(policy);
            double[] rates = measured.stream()
                    .mapToDouble(CacheWinsStage::requestsPerSecond)
                    .toArray();
            double[] simulated = simulatedFigure.apply(table.cluster(policy, AccuracyTable.Constants.CALIBRATED));
            scatter(
                            chart,
                            policy.title() + ", measured",
                            rates,
                            measured.stream().mapToDouble(measuredFigure).toArray())
                    .setMarkerColor(COLORS[policy.ordinal()]);
            line(chart, policy.title() + ", simulated", rates, simulated).setLineColor(COLORS[policy.ordinal()]);
        }
    }

    private static XYChart chart(String title, String x, String y) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(x)
                .yAxisTitle(y)
                .build();
        chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
        return chart;
    }

    private static XYSeries scatter(XYChart chart, String name, double[] x, double[] y) {
        XYSeries series = chart.addSeries(name, x, y);
        series.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
        return series;
    }

    private static XYSeries line(XYChart chart, String name, double[] x, double[] y) {
        int[] order = IntStream.range(0, x.length)
                .boxed()
                .sorted((a, b) -> Double.compare(x[a], x[b]))
                .mapToInt(Integer::intValue)
                .toArray();
        XYSeries series = chart.addSeries(
                name,
                Arrays.stream(order).mapToDouble(i -> x[i]).toArray(),
                Arrays.stream(order).mapToDouble(i -> y[i]).toArray());
        series.setMarker(SeriesMarkers.NONE);
        return series;
    }
}
