package io.llmd.scheduler.explain;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one profile did. Filled by one thread, read-only once the decision is made. */
final class RecordedProfile {

    /** Scores as they were answered, by position among those who were left after the filters. */
    record Scorer(String plugin, double weight, double[] scores) {}

    final String name;
    final int @Nullable [] before;
    final List<RecordedFilter> filters = new ArrayList<>(2);
    final List<Scorer> scorers = new ArrayList<>(4);
    double[] totals = {};
    int[] picked = {};

    @Nullable
    String picker;

    /** A profile that saw the endpoints of these slots, null for all. */
    RecordedProfile(String name, int @Nullable [] before) {
        this.name = name;
        this.before = before;
    }

    long bytes() {
        long bytes = 200 + (before == null ? 0 : 4L * before.length);
        bytes += 8L * totals.length + 4L * picked.length;
        for (RecordedFilter filter : filters) {
            bytes += filter.bytes();
        }
        for (Scorer scorer : scorers) {
            bytes += 56 + 8L * scorer.scores().length;
        }
        return bytes;
    }
}
