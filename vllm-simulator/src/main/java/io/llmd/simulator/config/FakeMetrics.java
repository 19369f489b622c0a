package io.llmd.simulator.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Metrics that are told instead of the real ones, under the field names of llm-d-inference-sim.
 *
 * @param gauges by field: {@code running-requests}, {@code waiting-requests}, {@code kv-cache-usage}
 * @param buckets observations for each bucket of a latency histogram, by field
 * @param samples observations of a histogram of tokens, by field
 * @param counters by field
 * @param finished requests by finish reason
 * @param loras series of {@code lora_requests_info}
 */
public record FakeMetrics(
        Map<String, FakeValue> gauges,
        Map<String, List<Long>> buckets,
        Map<String, List<Long>> samples,
        Map<String, Long> counters,
        Map<String, Long> finished,
        List<Adapters> loras) {
    private static final Set<String> GAUGES = Set.of("running-requests", "waiting-requests", "kv-cache-usage");
    private static final Set<String> BUCKETS = Set.of(
            "ttft-buckets-values",
            "tpot-buckets-values",
            "e2erl-buckets-values",
            "queue-time-buckets-values",
            "inf-time-buckets-values",
            "prefill-time-buckets-values",
            "decode-time-buckets-values");
    private static final Set<String> SAMPLES = Set.of(
            "request-prompt-tokens",
            "request-generation-tokens",
            "request-params-max-tokens",
            "request-max-generation-tokens");
    private static final Set<String> COUNTERS =
            Set.of("total-prompt-tokens", "total-generation-tokens", "prefix-cache-hits", "prefix-cache-queries");

    public FakeMetrics {
        gauges = Map.copyOf(gauges);
        buckets = Map.copyOf(buckets);
        samples = Map.copyOf(samples);
        counters = Map.copyOf(counters);
        finished = Map.copyOf(finished);
        loras = List.copyOf(loras);
        gauges.forEach((field, value) -> {
            double most = field.equals("kv-cache-usage") ? 1 : Double.MAX_VALUE;
            if (!(value.range()[0] >= 0 && value.range()[1] <= most)) {
                throw new IllegalArgumentException(
                        field + ": " + value.text() + " (expected: 0 to " + (most == 1 ? "1" : "any") + ")");
            }
        });
        if (counters.getOrDefault("prefix-cache-hits", 0L) > counters.getOrDefault("prefix-cache-queries", 0L)) {
            throw new IllegalArgumentException("prefix-cache-hits: " + counters.get("prefix-cache-hits")
                    + " (expected: at most prefix-cache-queries, which are given, too)");
        }
    }

    /**
     * A series of {@code lora_requests_info}.
     *
     * @param running adapters of running requests, with commas between
     * @param waiting adapters of waiting requests, with commas between
     * @param timestamp Unix time
     */
    public record Adapters(String running, String waiting, double timestamp) {}

    /** Nothing: all gauges are 0, histograms and counters empty. */
    public static FakeMetrics empty() {
        return new FakeMetrics(Map.of(), Map.of(), Map.of(), Map.of(), Map.of(), List.of());
    }

    /** Reads a JSON object. */
    public static FakeMetrics parse(String json) {
        return empty().with(FlowText.map(json));
    }

    /**
     * The same metrics with those that some fields name; an absent value leaves a field as it is.
     *
     * @throws IllegalArgumentException naming the field that is unknown or has a bad value; nothing is changed then
     */
    public FakeMetrics with(Map<String, ?> fields) {
        Draft draft = new Draft(this);
        fields.forEach((field, value) -> {
            if (value != null) {
                draft.set(field, value);
            }
        });
        return draft.build();
    }

    /** All fields that are set, as they are read, in the order of their names. */
    public Map<String, Object> fields() {
        Map<String, Object> fields = new TreeMap<>();
        gauges.forEach((field, value) -> fields.put(field, value.text()));
        fields.putAll(buckets);
        fields.putAll(samples);
        fields.putAll(counters);
        if (!finished.isEmpty()) {
            fields.put("request-success-total", new TreeMap<>(finished));
        }
        if (!loras.isEmpty()) {
            fields.put(
                    "loras",
                    loras.stream()
                            .map(series -> new TreeMap<>(Map.of(
                                    "running", series.running(),
                                    "waiting", series.waiting(),
                                    "timestamp", series.timestamp())))
                            .toList());
        }
        return fields;
    }

    private static final class Draft {
        private final Map<String, FakeValue> gauges;
        private final Map<String, List<Long>> buckets;
        private final Map<String, List<Long>> samples;
        private final Map<String, Long> counters;
        private Map<String, Long> finished;
        private List<Adapters> loras;

        Draft(FakeMetrics old) {
            gauges = new LinkedHashMap<>(old.gauges);
            buckets = new LinkedHashMap<>(old.buckets);
            samples = new LinkedHashMap<>(old.samples);
            counters = new LinkedHashMap<>(old.counters);
            finished = old.finished;
            loras = old.loras;
        }

        void set(String field, Object value) {
            if (GAUGES.contains(field)) {
                gauges.put(field, FakeValue.parse(value));
            } else if (BUCKETS.contains(field)) {
                buckets.put(field, counts(field, value));
            } else if (SAMPLES.contains(field)) {
                samples.put(field, counts(field, value));
            } else if (COUNTERS.contains(field)) {
                counters.put(field, count(field, value));
            } else if (field.equals("request-success-total") && value instanceof Map<?, ?> reasons) {
                finished = new LinkedHashMap<>();
                reasons.forEach((reason, number) -> finished.put(String.valueOf(reason), count(field, number)));
            } else if (field.equals("loras") && value instanceof List<?> series) {
                loras = series.stream().map(Draft::adapters).toList();
            } else {
                throw new IllegalArgumentException(
                        "fake metric: " + field + " (expected: one of " + names() + ", with a value of its kind)");
            }
        }

        FakeMetrics build() {
            return new FakeMetrics(gauges, buckets, samples, counters, finished, loras);
        }

        private static Set<String> names() {
            Set<String> names = new TreeSet<>(GAUGES);
            names.addAll(BUCKETS);
            names.addAll(SAMPLES);
            names.addAll(COUNTERS);
            names.addAll(Set.of("request-success-total", "loras"));
            return names;
        }

        private static List<Long> counts(String field, Object value) {
            if (!(value instanceof List<?> list)) {
                throw new IllegalArgumentException(field + ": " + value + " (expected: a list of numbers)");
            }
            List<Long> counts = new ArrayList<>();
            list.forEach(element -> counts.add(count(field, element)));
            return counts;
        }

        private static long count(String field, Object value) {
            if (value instanceof Number number && number.doubleValue() >= 0) {
                return number.longValue();
            }
            throw new IllegalArgumentException(field + ": " + value + " (expected: numbers >= 0)");
        }

        private static Adapters adapters(Object value) {
            if (value instanceof Map<?, ?> fields && fields.get("timestamp") instanceof Number timestamp) {
                return new Adapters(text(fields.get("running")), text(fields.get("waiting")), timestamp.doubleValue());
            }
            throw new IllegalArgumentException(
                    "loras: " + value + " (expected: objects with running, waiting and timestamp)");
        }

        private static String text(@Nullable Object value) {
            return value == null ? "" : value.toString();
        }
    }
}
