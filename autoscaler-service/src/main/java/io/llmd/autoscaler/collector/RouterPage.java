package io.llmd.autoscaler.collector;

import io.llmd.autoscaler.collector.RouterReading.Flow;
import io.llmd.autoscaler.collector.RouterReading.FlowKey;
import io.llmd.metrics.page.MetricSpec;
import io.llmd.metrics.page.PrometheusReader;
import io.llmd.metrics.page.SampleLine;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads the metrics page of a router, ours or llm-d's endpoint picker. At most {@value #MAX_FLOWS} models and priorities; further
 * ones are left out. For one thread.
 */
final class RouterPage implements Page<RouterReading> {

    static final int MAX_FLOWS = 1_024;
    private static final double MAX_TOTAL = 1e18;
    private static final List<String> ALWAYS =
            List.of("llm_d_epp_info", "llm_d_epp_ready_endpoints", "llm_d_epp_flow_control_pool_saturation");
    private static final String INPUT = "llm_d_epp_request_input_tokens";
    private static final String OUTPUT = "llm_d_epp_request_output_tokens";
    private static final String CACHED = "llm_d_epp_request_cached_tokens";

    private static final String FIRST_TOKEN = "llm_d_epp_request_ttft_seconds_bucket";
    private static final String PER_TOKEN = "llm_d_epp_request_streaming_tpot_seconds_bucket";

    private static final class Counts {
        private double arrivals;
        private double queued;
        private double running;
        private double finished;
        private double input;
        private double cached;
        private double output;
        private final BucketSquares inputs = new BucketSquares();
        private final BucketSquares outputs = new BucketSquares();
        private final Map<Double, Double> firstTokens = new TreeMap<>();
        private final Map<Double, Double> perTokens = new TreeMap<>();

        private static void add(Map<Double, Double> buckets, double bound, double value) {
            if (buckets.size() < Histogram.MAX_BUCKETS || buckets.containsKey(bound)) {
                buckets.merge(bound, value, Double::sum);
            }
        }
    }

    /** Where a value goes. */
    @FunctionalInterface
    private interface Place {
        void put(Counts counts, double value);
    }

    private final Map<FlowKey, Counts> flows = new HashMap<>();
    private boolean isRouter;
    private final PrometheusReader page;

    RouterPage() {
        PrometheusReader.Builder wanted = new PrometheusReader.Builder();
        want(wanted, "llm_d_epp_request_total", (counts, value) -> counts.arrivals += value);
        want(wanted, "llm_d_epp_flow_control_queue_size", (counts, value) -> counts.queued += value);
        want(wanted, "llm_d_epp_request_running", (counts, value) -> counts.running += value);
        want(wanted, OUTPUT + "_count", (counts, value) -> counts.finished += value);
        want(wanted, OUTPUT + "_sum", (counts, value) -> counts.output += value);
        want(wanted, INPUT + "_sum", (counts, value) -> counts.input += value);
        want(wanted, CACHED + "_sum", (counts, value) -> counts.cached += value);
        wanted.want(
                MetricSpec.parse(INPUT + "_bucket"),
                sample -> take(sample, (counts, value) -> counts.inputs.add(bound(sample), value)));
        wanted.want(
                MetricSpec.parse(OUTPUT + "_bucket"),
                sample -> take(sample, (counts, value) -> counts.outputs.add(bound(sample), value)));
        wanted.want(
                MetricSpec.parse(FIRST_TOKEN),
                sample -> take(sample, (counts, value) -> Counts.add(counts.firstTokens, bound(sample), value)));
        wanted.want(
                MetricSpec.parse(PER_TOKEN),
                sample -> take(sample, (counts, value) -> Counts.add(counts.perTokens, bound(sample), value)));
        for (String name : ALWAYS) {
            wanted.want(MetricSpec.parse(name), sample -> isRouter = true);
        }
        page = wanted.build();
    }

    private void want(PrometheusReader.Builder wanted, String name, Place place) {
        wanted.want(MetricSpec.parse(name), sample -> take(sample, place));
    }

    private void take(SampleLine sample, Place place) {
        isRouter = true;
        double value = sample.value(0, MAX_TOTAL);
        String target = sample.label("target_model_name");
        String model = target == null || target.isEmpty() ? sample.label("model_name") : target;
        if (Double.isNaN(value) || model == null || model.isEmpty()) {
            return;
        }
        FlowKey key = new FlowKey(model, priority(sample));
        Counts counts = flows.get(key);
        if (counts == null && flows.size() < MAX_FLOWS) {
            counts = new Counts();
            flows.put(key, counts);
        }
        if (counts != null) {
            place.put(counts, value);
        }
    }

    private static int priority(SampleLine sample) {
        String text = sample.label("priority");
        return text != null && text.matches("-?\\d{1,9}") ? Integer.parseInt(text) : 0;
    }

    private static double bound(SampleLine sample) {
        String text = sample.label("le");
        if (text == null || text.equals("+Inf")) {
            return Double.POSITIVE_INFINITY;
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return Double.POSITIVE_INFINITY;
        }
    }

    @Override
    public void feed(byte[] bytes, int from, int to) {
        page.feed(bytes, from, to);
    }

    @Override
    public RouterReading finish(double atSeconds) {
        page.end();
        Map<FlowKey, Flow> read = new HashMap<>();
        flows.forEach((key, counts) -> read.put(
                key,
                new Flow(
                        counts.arrivals,
                        counts.queued,
                        counts.running,
                        counts.finished,
                        counts.input,
                        counts.inputs.sum(),
                        counts.cached,
                        counts.output,
                        counts.outputs.sum(),
                        new Histogram(counts.firstTokens),
                        new Histogram(counts.perTokens))));
        return new RouterReading(atSeconds, isRouter, read);
    }
}
