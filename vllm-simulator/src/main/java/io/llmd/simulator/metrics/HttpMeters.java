package io.llmd.simulator.metrics;

import io.llmd.simulator.metrics.Exposition.Labels;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** HTTP requests, counted as the instrumentation of vLLM's server does. Thread-safe. */
public final class HttpMeters {
    /** Routes that are not counted. Methods that HTTP does not have are not counted either, for there is no end of them. */
    private static final Set<String> LEFT_OUT =
            Set.of("/metrics", "/health", "/load", "/ping", "/version", "/server_info");

    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT");

    private static final double[] FINE = {
        .01, .025, .05, .075, .1, .25, .5, .75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60
    };
    private static final double[] COARSE = {.1, .5, 1};
    private static final Labels NO_LABELS = Labels.of(Map.of());

    private final Map<Answered, Counted> requests = new ConcurrentHashMap<>();
    private final Map<String, Sizes> sizes = new ConcurrentHashMap<>();
    private final Map<Handled, LockedHistogram> durations = new ConcurrentHashMap<>();
    private final LockedHistogram all = new LockedHistogram(FINE, Double.NaN);

    /**
     * Counts a request whose answer has left.
     *
     * @param handler path of the route with its placeholders; {@code none} for no route
     * @param nowSeconds Unix time
     */
    public void answered(Exchange exchange, double nowSeconds) {
        if (LEFT_OUT.contains(exchange.handler()) || !METHODS.contains(exchange.method())) {
            return;
        }
        requests.computeIfAbsent(
                        new Answered(exchange.handler(), exchange.method(), exchange.status() / 100 + "xx"),
                        ignored -> new Counted(nowSeconds))
                .count()
                .increment();
        Sizes bytes = sizes.computeIfAbsent(exchange.handler(), ignored -> new Sizes(nowSeconds));
        bytes.count().increment();
        bytes.in().add(exchange.requestBytes());
        bytes.out().add(exchange.responseBytes());
        durations
                .computeIfAbsent(
                        new Handled(exchange.handler(), exchange.method()),
                        ignored -> new LockedHistogram(COARSE, nowSeconds))
                .observe(exchange.seconds());
        all.observe(exchange.seconds());
    }

    void write(Exposition out) {
        out.counter("http_requests", "Total number of requests by method, status and handler.");
        requests.forEach((key, value) -> {
            Labels labels = labels(key.handler(), key.method()).with("status", key.status());
            out.value(labels, value.count().sum()).created(labels, value.since());
        });
        out.meter(
                "http_request_size_bytes",
                "summary",
                "Content length of incoming requests by handler. Only value of header is respected. Otherwise ignored."
                        + " No percentile calculated. ");
        sizes.forEach((handler, value) -> summary(out, "http_request_size_bytes", handler, value, value.in()));
        out.meter(
                "http_response_size_bytes",
                "summary",
                "Content length of outgoing responses by handler. Only value of header is respected. Otherwise"
                        + " ignored. No percentile calculated. ");
        sizes.forEach((handler, value) -> summary(out, "http_response_size_bytes", handler, value, value.out()));
        out.meter(
                        "http_request_duration_highr_seconds",
                        "histogram",
                        "Latency with many buckets but no API specific labels. Made for more accurate percentile"
                                + " calculations. ")
                .histogram(NO_LABELS, all.copy());
        out.meter(
                "http_request_duration_seconds",
                "histogram",
                "Latency with only few buckets by handler. Made to be only used if aggregation by handler is"
                        + " important. ");
        durations.forEach((key, value) -> {
            Labels labels = labels(key.handler(), key.method());
            out.histogram("http_request_duration_seconds", labels, value.copy()).created(labels, value.since());
        });
    }

    private static void summary(Exposition out, String name, String handler, Sizes sizes, LongAdder bytes) {
        Labels labels = Labels.of(Map.of("handler", handler));
        out.sample(name + "_count", labels, sizes.count().sum())
                .sample(name + "_sum", labels, bytes.sum())
                .created(labels, sizes.since());
    }

    private static Labels labels(String handler, String method) {
        return Labels.of(Map.of("handler", handler, "method", method));
    }

    /**
     * A request and its answer.
     *
     * @param handler path of the route with its placeholders; {@code none} for no route
     * @param requestBytes content length of the request, 0 if it has none
     * @param responseBytes content length of the answer, 0 if it has none
     * @param seconds from the request to the end of the answer
     */
    public record Exchange(
            String handler, String method, int status, long requestBytes, long responseBytes, double seconds) {}

    private record Answered(String handler, String method, String status) {}

    private record Handled(String handler, String method) {}

    private record Counted(LongAdder count, double since) {
        Counted(double since) {
            this(new LongAdder(), since);
        }
    }

    private record Sizes(LongAdder count, LongAdder in, LongAdder out, double since) {
        Sizes(double since) {
            this(new LongAdder(), new LongAdder(), new LongAdder(), since);
        }
    }

    /** A histogram with a lock of its own. */
    private static final class LockedHistogram {
        private final Histogram histogram;
        private final double since;

        LockedHistogram(double[] bounds, double since) {
            histogram = new Histogram(bounds);
            this.since = since;
        }

        double since() {
            return since;
        }

        synchronized void observe(double value) {
            histogram.observe(value);
        }

        synchronized Histogram.Counts copy() {
            return histogram.copy();
        }
    }
}
