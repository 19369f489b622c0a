package io.llmd.scheduler.datalayer;

import io.llmd.metrics.page.MetricSpec;
import io.llmd.metrics.page.PrometheusReader;
import io.llmd.metrics.page.SampleLine;
import io.llmd.scheduler.datalayer.EngineMapping.CustomMetric;
import io.llmd.scheduler.datalayer.SeriesValue.Combine;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Picks the load of one engine out of its metrics pages.
 *
 * <p>Values are taken as the wire says them only when they are possible: finite, not negative, counts up to 10⁷, cache
 * usage up to 1.5. A value that is missing or impossible does not stop the others: what was read before stands for it, but
 * not longer than readings are trusted. A page without any wanted value is not usable. Adapter names are cut at
 * {@value #MAX_LABEL} characters.
 */
public final class EngineMetricsReader implements PageReader {

    static final int MAX_LABEL = 256;
    private static final double MAX_COUNT = 1e7;
    private static final double MAX_BLOCKS = 1e9;
    private static final double MAX_BLOCK_TOKENS = 1 << 20;
    private static final double MAX_USAGE = 1.5;
    private static final MetricSpec START_TIME = MetricSpec.parse("process_start_time_seconds");

    /** A metric and the last value that it had. */
    private static final class Kept {
        private final MetricSpec spec;
        private final SeriesValue series;
        private double last = Double.NaN;
        private long lastNanos;

        private Kept(MetricSpec spec, SeriesValue series) {
            this.spec = spec;
            this.series = series;
        }

        private boolean take(long now) {
            double value = series.value();
            if (Double.isNaN(value)) {
                return false;
            }
            last = value;
            lastNanos = now;
            return true;
        }

        private boolean stands(long now, long keepNanos) {
            return !Double.isNaN(last) && now - lastNanos <= keepNanos;
        }
    }

    private final EngineMapping mapping;
    private final List<String> producers;
    private final long keepNanos;
    private final PrometheusReader page;
    private final List<Kept> load = new ArrayList<>(3);
    private final @Nullable Kept running;
    private final @Nullable Kept queued;
    private final List<SeriesValue> usages = new ArrayList<>(2);
    private final @Nullable Kept usage;
    private final @Nullable SeriesValue blockSize;
    private final @Nullable SeriesValue blockCount;
    private final List<SeriesValue> custom = new ArrayList<>();
    private final SeriesValue startTime = new SeriesValue(Combine.FIRST, 0, Double.MAX_VALUE);

    private int blockTokens;
    private int blocks;
    private int blocksOfPage;
    private boolean hasCacheInfo;
    private double loraTime = Double.NEGATIVE_INFINITY;
    private Map<String, Integer> activeModels = Map.of();
    private Map<String, Integer> waitingModels = Map.of();
    private int maxActiveModels;

    /**
     * A reader.
     *
     * @param producers names under which custom metrics are stored
     * @param keepNanos how long a value stands for one that is missing on later pages
     */
    public EngineMetricsReader(EngineMapping mapping, List<String> producers, long keepNanos) {
        this.mapping = mapping;
        this.producers = List.copyOf(producers);
        this.keepNanos = keepNanos;
        PrometheusReader.Builder wanted = new PrometheusReader.Builder();
        running = kept(wanted, mapping.running(), new SeriesValue(Combine.SUM, 0, MAX_COUNT));
        queued = kept(wanted, mapping.queued(), new SeriesValue(Combine.SUM, 0, MAX_COUNT));
        usage = usage(wanted);
        blockSize = value(wanted, mapping.blockSize(), MAX_BLOCK_TOKENS);
        blockCount = value(wanted, mapping.blockCount(), MAX_BLOCKS);
        if (mapping.lora() != null) {
            wanted.want(mapping.lora(), this::lora);
        }
        if (mapping.cacheInfo() != null) {
            wanted.want(mapping.cacheInfo(), this::cacheInfo);
        }
        for (CustomMetric metric : mapping.custom()) {
            SeriesValue series = new SeriesValue(Combine.FIRST, -Double.MAX_VALUE, Double.MAX_VALUE);
            custom.add(series);
            wanted.want(metric.spec(), series::add);
        }
        wanted.want(START_TIME, startTime::add);
        page = wanted.build();
    }

    private @Nullable Kept kept(PrometheusReader.Builder wanted, @Nullable MetricSpec spec, SeriesValue series) {
        if (spec == null) {
            return null;
        }
        Kept kept = new Kept(spec, series);
        load.add(kept);
        wanted.want(spec, series::add);
        return kept;
    }

    private @Nullable Kept usage(PrometheusReader.Builder wanted) {
        for (MetricSpec spec : mapping.kvUsage()) {
            SeriesValue series = new SeriesValue(Combine.MAX, 0, MAX_USAGE);
            usages.add(series);
            wanted.want(spec, series::add);
        }
        if (usages.isEmpty()) {
            return null;
        }
        Kept kept = new Kept(mapping.kvUsage().getFirst(), new SeriesValue(Combine.FIRST, 0, MAX_USAGE));
        load.add(kept);
        return kept;
    }

    private static @Nullable SeriesValue value(
            PrometheusReader.Builder wanted, @Nullable MetricSpec spec, double highest) {
        if (spec == null) {
            return null;
        }
        SeriesValue series = new SeriesValue(Combine.FIRST, 0, highest);
        wanted.want(spec, series::add);
        return series;
    }

    @Override
    public void reset() {
        page.reset();
        load.forEach(kept -> kept.series.reset());
        usages.forEach(SeriesValue::reset);
        custom.forEach(SeriesValue::reset);
        if (blockSize != null) {
            blockSize.reset();
        }
        if (blockCount != null) {
            blockCount.reset();
        }
        startTime.reset();
        blocksOfPage = 0;
        hasCacheInfo = false;
        loraTime = Double.NEGATIVE_INFINITY;
        activeModels = Map.of();
        waitingModels = Map.of();
        maxActiveModels = 0;
    }

    @Override
    public void feed(byte[] bytes, int from, int to) {
        page.feed(bytes, from, to);
    }

    @Override
    public Reading finish(long nowNanos) {
        page.end();
        List<String> missing = new ArrayList<>(0);
        boolean isAnyRead = false;
        boolean isComplete = true;
        for (Kept kept : load) {
            boolean isRead = kept == usage ? takeUsage(kept, nowNanos) : kept.take(nowNanos);
            isAnyRead |= isRead;
            isComplete &= kept.stands(nowNanos, keepNanos);
            if (!isRead) {
                missing.add(kept.spec.toString());
            }
        }
        cacheSize(missing);
        Map<String, Object> attributes = attributes(missing);
        boolean isUsable = isComplete && (isAnyRead || (load.isEmpty() && !attributes.isEmpty()));
        return new Reading(isUsable, isUsable ? metrics(nowNanos) : null, attributes, missing, startTime.value());
    }

    /** The first of the names that the page has. An impossible value is not replaced by that of an older name. */
    private boolean takeUsage(Kept kept, long now) {
        for (SeriesValue series : usages) {
            if (series.isPresent()) {
                double value = series.value();
                if (Double.isNaN(value)) {
                    return false;
                }
                kept.last = value;
                kept.lastNanos = now;
                return true;
            }
        }
        return false;
    }

    private void cacheSize(List<String> missing) {
        if (mapping.cacheInfo() != null) {
            if (hasCacheInfo) {
                blocks = blocksOfPage;
            } else {
                missing.add(mapping.cacheInfo().toString());
            }
        }
        if (blockSize != null && mapping.blockSize() != null) {
            blockTokens = valueOr(blockTokens, blockSize, mapping.blockSize(), missing);
        }
        if (blockCount != null && mapping.blockCount() != null) {
            blocks = valueOr(blocks, blockCount, mapping.blockCount(), missing);
        }
    }

    private static int valueOr(int last, SeriesValue series, MetricSpec spec, List<String> missing) {
        double value = series.value();
        if (Double.isNaN(value)) {
            missing.add(spec.toString());
            return last;
        }
        return (int) value;
    }

    private Map<String, Object> attributes(List<String> missing) {
        if (custom.isEmpty()) {
            return Map.of();
        }
        Map<String, Object> attributes = new HashMap<>();
        for (int i = 0; i < custom.size(); i++) {
            CustomMetric metric = mapping.custom().get(i);
            double value = custom.get(i).value();
            if (Double.isNaN(value)) {
                missing.add(metric.spec().toString());
            } else {
                producers.forEach(producer -> attributes.put(metric.attribute() + "/" + producer, value));
            }
        }
        return attributes;
    }

    private EndpointMetrics metrics(long nowNanos) {
        return new EndpointMetrics(
                (int) Math.min(last(running), MAX_COUNT),
                (int) Math.min(last(queued), MAX_COUNT),
                last(usage),
                blockTokens,
                blocks,
                activeModels,
                waitingModels,
                maxActiveModels,
                nowNanos);
    }

    private static double last(@Nullable Kept kept) {
        return kept == null ? 0 : kept.last;
    }

    private void cacheInfo(SampleLine sample) {
        if (Double.isNaN(sample.value(0, Double.MAX_VALUE))) {
            return;
        }
        hasCacheInfo = true;
        int size = wholeNumber(sample.label(mapping.blockSizeLabel()), (int) MAX_BLOCK_TOKENS);
        int count = wholeNumber(sample.label(mapping.blockCountLabel()), (int) MAX_BLOCKS);
        if (size > 0) {
            blockTokens = size;
        }
        blocksOfPage = (int) Math.min(MAX_BLOCKS, (double) blocksOfPage + count);
    }

    /** vLLM says in the value when the labels were true. */
    private void lora(SampleLine sample) {
        double time = sample.value(0, Double.MAX_VALUE);
        if (Double.isNaN(time) || time < loraTime) {
            return;
        }
        loraTime = time;
        activeModels = adapters(sample.label("running_lora_adapters"));
        waitingModels = adapters(sample.label("waiting_lora_adapters"));
        maxActiveModels = wholeNumber(sample.label("max_lora"), (int) MAX_COUNT);
    }

    private static Map<String, Integer> adapters(@Nullable String list) {
        if (list == null || list.isBlank()) {
            return Map.of();
        }
        Map<String, Integer> counts = new HashMap<>();
        for (String name : list.split(",")) {
            if (!name.isBlank()) {
                String cut = name.strip();
                counts.merge(cut.length() <= MAX_LABEL ? cut : cut.substring(0, MAX_LABEL), 1, Integer::sum);
            }
        }
        return counts;
    }

    /** The label as a number in [0, limit]; 0 when it is missing or something else, such as {@code None}. */
    private static int wholeNumber(@Nullable String text, int limit) {
        if (text == null || text.isEmpty() || text.length() > 10) {
            return 0;
        }
        try {
            long value = Long.parseLong(text);
            return value >= 0 && value <= limit ? (int) value : 0;
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
