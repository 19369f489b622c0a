package io.llmd.metrics.page;

import io.llmd.metrics.page.MetricsPageScanner.Samples;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Hands the wanted samples of metrics pages to those who want them. Used by one thread. */
public final class PrometheusReader {

    private record Wanted(MetricSpec spec, Consumer<SampleLine> taker) {}

    /** Collects who wants what. */
    public static final class Builder {
        private final Map<String, List<Wanted>> wanted = new LinkedHashMap<>();

        /** Hands all series of {@code spec} to {@code taker}. */
        public Builder want(MetricSpec spec, Consumer<SampleLine> taker) {
            wanted.computeIfAbsent(spec.name(), name -> new ArrayList<>()).add(new Wanted(spec, taker));
            return this;
        }

        /** A reader of what was wanted so far. */
        public PrometheusReader build() {
            return new PrometheusReader(wanted);
        }
    }

    private final Wanted[][] byName;
    private final MetricsPageScanner scanner;

    private PrometheusReader(Map<String, List<Wanted>> wanted) {
        byName = wanted.values().stream()
                .map(list -> list.toArray(Wanted[]::new))
                .toArray(Wanted[][]::new);
        Samples samples = this::take;
        scanner = new MetricsPageScanner(List.copyOf(wanted.keySet()), samples);
    }

    private void take(int metric, SampleLine sample) {
        for (Wanted wanted : byName[metric]) {
            if (wanted.spec().labels().isEmpty() || sample.matches(wanted.spec().labels())) {
                wanted.taker().accept(sample);
            }
        }
    }

    /** Forgets the page read so far. */
    public void reset() {
        scanner.reset();
    }

    /** Takes the next bytes of the page, cut anywhere. */
    public void feed(byte[] bytes, int from, int to) {
        scanner.feed(bytes, from, to);
    }

    /** Ends the page. */
    public void end() {
        scanner.end();
    }
}
