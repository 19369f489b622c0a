package io.llmd.lab.result;

import java.util.Arrays;

/** Values as they come. Not thread-safe. */
final class Samples {

    private double[] values = new double[64];
    private int count;

    void add(double value) {
        if (count == values.length) {
            values = Arrays.copyOf(values, 2 * count);
        }
        values[count++] = value;
    }

    void addAll(Samples others) {
        for (int i = 0; i < others.count; i++) {
            add(others.values[i]);
        }
    }

    Distribution distribution() {
        return new Distribution(values, count);
    }
}
