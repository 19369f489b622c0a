package io.llmd.launcher.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Values of one kind over time, and how fast they rise. */
final class SoakTrend {

    /** With fewer values a slope says nothing. */
    static final int LEAST_VALUES = 3;

    private record Point(double hours, double value) {}

    private final List<Point> points = new ArrayList<>();

    void add(double hours, double value) {
        points.add(new Point(hours, value));
    }

    int size() {
        return points.size();
    }

    List<Double> values() {
        return points.stream().map(Point::value).toList();
    }

    /**
     * Rise per hour: the median of the slopes of all pairs of points (Theil and Sen), which single odd values do not move.
     *
     * @throws IllegalStateException with fewer than {@link #LEAST_VALUES}
     */
    double perHour() {
        if (points.size() < LEAST_VALUES) {
            throw new IllegalStateException("values: " + points.size() + " (expected: >= " + LEAST_VALUES + ")");
        }
        List<Point> inOrder =
                points.stream().sorted(Comparator.comparingDouble(Point::hours)).toList();
        List<Double> slopes = new ArrayList<>();
        for (int i = 0; i < inOrder.size(); i++) {
            for (int j = i + 1; j < inOrder.size(); j++) {
                Point from = inOrder.get(i);
                Point to = inOrder.get(j);
                slopes.add((to.value() - from.value()) / (to.hours() - from.hours()));
            }
        }
        return Figure.of(slopes).median();
    }
}
