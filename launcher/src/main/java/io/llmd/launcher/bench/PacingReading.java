package io.llmd.launcher.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How late tokens reached their connections: counts by upper bound in seconds, cumulative, summed over endpoints. */
record PacingReading(Map<Double, Long> counts) {
    private static final Pattern BUCKET =
            Pattern.compile("^sim_pacing_error_seconds_bucket\\{le=\"([^\"]+)\"} (\\S+)$", Pattern.MULTILINE);

    /** Reads {@code /metrics} of all endpoints. */
    static PacingReading of(HttpClient client, List<Integer> ports) throws IOException, InterruptedException {
        Map<Double, Long> counts = new TreeMap<>();
        for (int port : ports) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                    .timeout(Duration.ofSeconds(10))
                    .build();
            Matcher bucket = BUCKET.matcher(
                    client.send(request, HttpResponse.BodyHandlers.ofString()).body());
            while (bucket.find()) {
                double bound =
                        bucket.group(1).equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(bucket.group(1));
                counts.merge(bound, (long) Double.parseDouble(bucket.group(2)), Long::sum);
            }
        }
        return new PacingReading(counts);
    }

    /** What came since an earlier reading. */
    PacingReading since(PacingReading earlier) {
        Map<Double, Long> more = new TreeMap<>();
        counts.forEach((bound, count) -> more.put(bound, count - earlier.counts.getOrDefault(bound, 0L)));
        return new PacingReading(more);
    }

    /** Tokens that were counted. */
    long tokens() {
        return counts.getOrDefault(Double.POSITIVE_INFINITY, 0L);
    }

    /** Smallest bound that holds such a share of the tokens, in seconds; NaN if there are none. */
    double quantile(double share) {
        long all = tokens();
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
