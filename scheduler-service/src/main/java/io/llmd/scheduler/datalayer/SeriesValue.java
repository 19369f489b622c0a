package io.llmd.scheduler.datalayer;

import io.llmd.metrics.page.SampleLine;

/**
 * The value of one metric on one page. Of series with time stamps only the newest count; series without one always do.
 * Several are combined. A value that cannot be makes the whole unknown: the rest would look like less load than there is.
 */
final class SeriesValue {

    /** How several series make one value. */
    enum Combine {
        /** Requests of several engines behind one endpoint. */
        SUM,
        /** The fullest of several. */
        MAX,
        /** What the page says first. */
        FIRST
    }

    private final Combine combine;
    private final double lowest;
    private final double highest;
    private double untimed;
    private double timed;
    private long newest;
    private boolean isImpossible;

    SeriesValue(Combine combine, double lowest, double highest) {
        this.combine = combine;
        this.lowest = lowest;
        this.highest = highest;
        reset();
    }

    void reset() {
        untimed = Double.NaN;
        timed = Double.NaN;
        newest = -1;
        isImpossible = false;
    }

    void add(SampleLine sample) {
        double value = sample.value(lowest, highest);
        if (Double.isNaN(value)) {
            isImpossible = true;
            return;
        }
        long time = sample.timestamp();
        if (time < 0) {
            untimed = combined(untimed, value);
        } else if (time > newest) {
            newest = time;
            timed = value;
        } else if (time == newest) {
            timed = combined(timed, value);
        }
    }

    /** Whether the page has the metric at all. */
    boolean isPresent() {
        return isImpossible || !Double.isNaN(timed) || !Double.isNaN(untimed);
    }

    private double combined(double total, double value) {
        if (Double.isNaN(total)) {
            return value;
        }
        return switch (combine) {
            case SUM -> total + value;
            case MAX -> Math.max(total, value);
            case FIRST -> total;
        };
    }

    /** The value, NaN when the page has none or an impossible one. */
    double value() {
        if (isImpossible) {
            return Double.NaN;
        }
        if (Double.isNaN(timed)) {
            return untimed;
        }
        return combine == Combine.FIRST || Double.isNaN(untimed) ? timed : combined(untimed, timed);
    }
}
