package io.llmd.launcher.load;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Result of a run. Times are in milliseconds and count from the intended send time; requests of the warm-up are left out.
 *
 * @param run what was run
 * @param requests requests that ended
 * @param answered those with a complete answer
 * @param outcomes requests by outcome: {@code ok}, status and error code, or what broke
 * @param timeToFirstToken of streams
 * @param timePerOutputToken mean per stream, first token left out
 * @param interTokenLatency between neighbouring events with text
 * @param endToEnd of answered requests
 * @param refused of requests that were answered with 429 or 503; null in reports of versions that did not keep it
 * @param lateness how late the generator took requests in hand
 * @param requestsPerSecond answered requests
 * @param promptTokensPerSecond prompt tokens of answered requests
 * @param outputTokensPerSecond generated tokens of answered requests
 * @param cachedTokenShare cached prompt tokens over prompt tokens
 * @param goodput share of all requests that were answered within the limits, null without limits
 * @param endpoints requests by serving endpoint, empty when the gateway does not say
 * @param valid whether the generator kept up
 * @param histograms compressed HDR histograms in microseconds, Base64
 * @param kinds requests by kind; empty without a mix
 */
public record LoadReport(
        Run run,
        long requests,
        long answered,
        Map<String, Long> outcomes,
        Percentiles timeToFirstToken,
        Percentiles timePerOutputToken,
        Percentiles interTokenLatency,
        Percentiles endToEnd,

        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Percentiles refused,

        Percentiles lateness,
        double requestsPerSecond,
        double promptTokensPerSecond,
        double outputTokensPerSecond,
        double cachedTokenShare,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Double goodput,
        Map<String, Long> endpoints,
        boolean valid,
        Histograms histograms,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Kind> kinds) {

    @SuppressWarnings("NullAway") // reports without a mix have none
    public LoadReport {
        kinds = kinds == null ? List.of() : List.copyOf(kinds);
    }

    /** A run whose own lateness is above this at the 99th percentile says nothing about the server. */
    public static final double MAX_LATENESS_MILLIS = 10;

    /**
     * What was run.
     *
     * @param command options as given
     * @param version version of this program
     * @param java version of the JVM
     * @param startedAt ISO-8601
     * @param seconds how long requests were sent
     */
    public record Run(
            String command, String version, String java, String startedAt, String url, long seed, double seconds) {}

    /** Requests of one kind of a mix. */
    public record Kind(String name, long requests, long answered, Percentiles timeToFirstToken, Percentiles endToEnd) {}

    /** Most requests of one endpoint over the mean of all endpoints that served any; 0 when unknown. */
    public double maxOverMean() {
        long max = endpoints.values().stream().mapToLong(Long::longValue).max().orElse(0);
        double mean =
                endpoints.values().stream().mapToLong(Long::longValue).average().orElse(0);
        return mean == 0 ? 0 : max / mean;
    }

    /** Distribution of times in milliseconds; all 0 when {@code count} is. */
    public record Percentiles(long count, double mean, double p50, double p90, double p99, double max) {
        static Percentiles of(Histogram micros) {
            return micros.getTotalCount() == 0
                    ? new Percentiles(0, 0, 0, 0, 0, 0)
                    : new Percentiles(
                            micros.getTotalCount(),
                            micros.getMean() / 1000,
                            micros.getValueAtPercentile(50) / 1000.0,
                            micros.getValueAtPercentile(90) / 1000.0,
                            micros.getValueAtPercentile(99) / 1000.0,
                            micros.getMaxValue() / 1000.0);
        }
    }

    /**
     * Histograms in HDR's compressed form, as Base64.
     *
     * @param timePerOutputToken mean of each stream, null in reports of versions that did not keep it
     */
    public record Histograms(
            String timeToFirstToken,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String timePerOutputToken,

            String interTokenLatency,
            String endToEnd) {

        static Histograms of(
                Histogram timeToFirstToken,
                Histogram timePerOutputToken,
                Histogram interTokenLatency,
                Histogram endToEnd) {
            return new Histograms(
                    encoded(timeToFirstToken),
                    encoded(timePerOutputToken),
                    encoded(interTokenLatency),
                    encoded(endToEnd));
        }

        private static String encoded(Histogram histogram) {
            ByteBuffer buffer = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
            int length = histogram.encodeIntoCompressedByteBuffer(buffer);
            return Base64.getEncoder().encodeToString(Arrays.copyOf(buffer.array(), length));
        }
    }
}
