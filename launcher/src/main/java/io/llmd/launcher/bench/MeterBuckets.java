package io.llmd.launcher.bench;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A histogram of a page of meters: counts by upper bound, cumulative, summed over all its series. */
record MeterBuckets(Map<Double, Long> counts) {

    /**
     * Reads the series of a name on pages of several processes.
     *
     * @param name without {@code _bucket}
     * @throws BenchFailure without any series
     */
    static MeterBuckets of(List<MetersPage> pages, String name) {
        return of(pages, name, "");
    }

    /** The same, of series that have a label. @param label as on the page, {@code name="value"}; empty for all series */
    static MeterBuckets of(List<MetersPage> pages, String name, String label) {
        Pattern bucket = Pattern.compile(
                "^" + Pattern.quote(name) + "_bucket\\{[^}]*\\ble=\"([^\"]+)\"[^}]*} (\\S+)$", Pattern.MULTILINE);
        Map<Double, Long> counts = new TreeMap<>();
        for (MetersPage page : pages) {
            Matcher found = bucket.matcher(page.text());
            while (found.find()) {
                if (!found.group().contains(label)) {
                    continue;
                }
                double bound =
                        found.group(1).equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(found.group(1));
                counts.merge(bound, (long) Double.parseDouble(found.group(2)), Long::sum);
            }
        }
        if (counts.isEmpty()) {
            throw new BenchFailure("histogram " + name + ": not on the page");
        }
        return new MeterBuckets(counts);
    }

    /** What came since an earlier reading. */
    MeterBuckets since(MeterBuckets earlier) {
        Map<Double, Long> more = new TreeMap<>();
        counts.forEach((bound, count) -> more.put(bound, count - earlier.counts.getOrDefault(bound, 0L)));
        return new MeterBuckets(more);
    }

    /** All that was counted. */
    long count() {
        return counts.getOrDefault(Double.POSITIVE_INFINITY, 0L);
    }

    /** Smallest bound that holds such a share of what was counted, infinity above the last; NaN if there was nothing. */
    double quantile(double share) {
        long all = count();
        if (all == 0) {
            return Double.NaN;
        }
        for (Map.Entry<Double, Long> bucket : counts.entrySet()) {
            if (bucket.getValue() >= share * all) {
                return bucket.getKey();
            }
        }
        return Double.NaN;
    }
}
