package io.llmd.lab.predictor;

import io.llmd.lab.predictor.PredictorStudy.Outcome;
import io.llmd.scheduler.latency.LatencySample.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Outcomes of a study as Markdown, CSV and plots. Equal outcomes give equal text but for costs, which are measured. */
public final class PredictorReport {

    private static final int WIDTH = 1100;
    private static final int HEIGHT = 460;
    private static final double PERCENT = 100;

    /** Longer curves hide their beginning. */
    private static final int MOST_POINTS = 40;

    private final List<Accuracy> accuracies = new ArrayList<>();
    private final List<PredictionCost> costs = new ArrayList<>();
    private int drifts;

    static {
        // Images need no window, also where there could be one.
        System.setProperty("java.awt.headless", "true");
    }

    /** A report about outcomes of several traffics. */
    public PredictorReport(List<Outcome> outcomes) {
        for (Outcome outcome : outcomes) {
            accuracies.addAll(outcome.accuracies());
            costs.addAll(outcome.costs());
            drifts += outcome.drifts();
        }
    }

    /** Tables. */
    public String markdown() {
        StringBuilder text = new StringBuilder();
        for (Kind kind : Kind.values()) {
            text.append("### ").append(title(kind)).append("\n\n");
            text.append("| traffic | model | samples | MAPE | median error | within the bound |\n");
            text.append("| --- | --- | ---: | ---: | ---: | ---: |\n");
            of(kind).forEach(accuracy -> text.append(String.format(
                    Locale.ROOT,
                    "| %s | %s | %,d | %.1f %% | %.1f %% | %.1f %% |\n",
                    accuracy.traffic(),
                    accuracy.model(),
                    accuracy.samples(),
                    PERCENT * accuracy.meanError(),
                    PERCENT * accuracy.medianError(),
                    PERCENT * accuracy.coverage())));
            text.append('\n');
        }
        text.append("### Learning\n\nMAPE of the time to the first token after so many answers.\n\n");
        learning(text);
        text.append("\n### Cost\n\n");
        text.append("| model | candidates | µs for a decision |\n| --- | ---: | ---: |\n");
        meanCosts()
                .forEach((model, micros) ->
                        text.append(String.format(Locale.ROOT, "| %s | %d | %.1f |\n", model, candidates(), micros)));
        text.append('\n').append(String.format(Locale.ROOT, "The serving predictor began anew %d times.\n", drifts));
        return text.toString();
    }

    private void learning(StringBuilder text) {
        int[] points = {1, 2, 4, 9, 19};
        text.append("| traffic | model |");
        StringBuilder line = new StringBuilder("| --- | --- |");
        for (int point : points) {
            text.append(' ').append(point * Accuracy.WINDOW).append(" to ");
            text.append((point + 1) * Accuracy.WINDOW).append(" |");
            line.append(" ---: |");
        }
        text.append('\n').append(line).append('\n');
        for (Accuracy accuracy : of(Kind.TIME_TO_FIRST_TOKEN)) {
            text.append("| ")
                    .append(accuracy.traffic())
                    .append(" | ")
                    .append(accuracy.model())
                    .append(" |");
            for (int point : points) {
                double error =
                        point < accuracy.curve().size() ? accuracy.curve().get(point) : Double.NaN;
                text.append(Double.isNaN(error) ? " - |" : String.format(Locale.ROOT, " %.0f %% |", PERCENT * error));
            }
            text.append('\n');
        }
    }

    private int candidates() {
        return costs.isEmpty() ? 0 : costs.getFirst().candidates();
    }

    private Map<String, Double> meanCosts() {
        Map<String, List<Double>> byModel = new LinkedHashMap<>();
        costs.forEach(cost ->
                byModel.computeIfAbsent(cost.model(), any -> new ArrayList<>()).add(cost.medianMicros()));
        Map<String, Double> means = new LinkedHashMap<>();
        byModel.forEach((model, micros) -> means.put(
                model,
                micros.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN)));
        return means;
    }

    /** One line for each traffic, kind and model behind a line of names. */
    public String csv() {
        StringBuilder text =
                new StringBuilder("traffic,kind,model,samples,predicted,mape,median_error,coverage,curve_per_100\n");
        for (Accuracy accuracy : accuracies) {
            StringJoiner curve = new StringJoiner(" ");
            accuracy.curve()
                    .forEach(error -> curve.add(Double.isNaN(error) ? "-" : String.format(Locale.ROOT, "%.4f", error)));
            text.append(String.format(
                    Locale.ROOT,
                    "%s,%s,%s,%d,%d,%.4f,%.4f,%.4f,%s\n",
                    accuracy.traffic(),
                    key(accuracy.kind()),
                    accuracy.model(),
                    accuracy.samples(),
                    accuracy.predicted(),
                    accuracy.meanError(),
                    accuracy.medianError(),
                    accuracy.coverage(),
                    curve));
        }
        return text.toString();
    }

    /** PNG images by the names of their files: a learning curve for each kind. */
    public Map<String, byte[]> images() {
        Map<String, byte[]> images = new LinkedHashMap<>();
        for (Kind kind : Kind.values()) {
            images.put("predictor-" + key(kind) + ".png", curves(kind));
        }
        return images;
    }

    private byte[] curves(Kind kind) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title(kind) + ": error as answers come in")
                .xAxisTitle("answers")
                .yAxisTitle("MAPE, %")
                .build();
        chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
        for (Accuracy accuracy : of(kind)) {
            List<Double> at = new ArrayList<>();
            List<Double> errors = new ArrayList<>();
            for (int i = 0; i < Math.min(MOST_POINTS, accuracy.curve().size()); i++) {
                if (!Double.isNaN(accuracy.curve().get(i))) {
                    at.add((i + 1.0) * Accuracy.WINDOW);
                    errors.add(PERCENT * accuracy.curve().get(i));
                }
            }
            if (!at.isEmpty() && !accuracy.model().equals("serving")) {
                chart.addSeries(accuracy.traffic() + ", " + accuracy.model(), at, errors)
                        .setMarker(SeriesMarkers.NONE);
            }
        }
        if (chart.getSeriesMap().isEmpty()) {
            chart.addSeries("nothing predicted", new double[] {0, 1}, new double[] {0, 0});
        }
        try {
            return BitmapEncoder.getBitmapBytes(chart, BitmapFormat.PNG);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Accuracy> of(Kind kind) {
        return accuracies.stream().filter(accuracy -> accuracy.kind() == kind).toList();
    }

    private static String title(Kind kind) {
        return switch (kind) {
            case TIME_TO_FIRST_TOKEN -> "Time to first token";
            case TIME_PER_OUTPUT_TOKEN -> "Time per output token";
        };
    }

    private static String key(Kind kind) {
        return switch (kind) {
            case TIME_TO_FIRST_TOKEN -> "ttft";
            case TIME_PER_OUTPUT_TOKEN -> "tpot";
        };
    }
}
