package io.llmd.autoscaler.collector;

import io.llmd.metrics.page.SampleLine;

/** Sum of the series of a metric. One impossible value makes the whole unknown: the rest would look like less than there is. */
final class Sum {

    private final double highest;
    private double value = Double.NaN;
    private boolean isImpossible;

    Sum(double highest) {
        this.highest = highest;
    }

    void add(SampleLine sample) {
        add(sample.value(0, highest));
    }

    void add(double more) {
        isImpossible |= Double.isNaN(more);
        value = Double.isNaN(value) ? more : value + more;
    }

    /** NaN when there was none. */
    double value() {
        return isImpossible ? Double.NaN : value;
    }
}
