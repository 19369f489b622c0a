package io.llmd.launcher.bench;

import java.util.ArrayList;
import java.util.List;

/** Live objects of a soak over its time, in MiB, each value right after a collection. */
final class SoakHeap {

    /** With fewer there are no thirds to compare. */
    static final int LEAST_READINGS = 3;

    private final List<Double> mebibytes = new ArrayList<>();

    void add(double live) {
        mebibytes.add(live);
    }

    int readings() {
        return mebibytes.size();
    }

    /**
     * Median of the last third less that of the second, so that caches which fill first do not count.
     *
     * @throws IllegalStateException with fewer than {@link #LEAST_READINGS}
     */
    double growth() {
        int third = mebibytes.size() / LEAST_READINGS;
        if (third == 0) {
            throw new IllegalStateException("readings: " + mebibytes.size() + " (expected: >= " + LEAST_READINGS + ")");
        }
        return Figure.of(mebibytes.subList(mebibytes.size() - third, mebibytes.size()))
                        .median()
                - Figure.of(mebibytes.subList(third, 2 * third)).median();
    }
}
