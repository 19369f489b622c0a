package io.llmd.scheduler.latency;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How predictions are asked for and latencies are sent.
 *
 * @param predictionUrls servers that predict; one is drawn for each call
 * @param trainingUrl server that learns; null when nothing is to be learned
 * @param predictionTimeout after this long a prediction has failed
 * @param trainingTimeout after this long sending latencies has failed
 * @param maxRows most rows of one call
 * @param coalesceWindow how long rows wait for those of other requests; zero for not at all
 * @param maxCalls most calls in flight; further rows wait, at most {@code maxWaitingRows}
 * @param maxWaitingRows most rows that wait; beyond it predictions fail at once
 * @param maxSamples most latencies that are kept between two flushes
 * @param flushInterval how often latencies are sent
 */
public record RemotePredictorSettings(
        List<URI> predictionUrls,
        @Nullable URI trainingUrl,
        Duration predictionTimeout,
        Duration trainingTimeout,
        int maxRows,
        Duration coalesceWindow,
        int maxCalls,
        int maxWaitingRows,
        int maxSamples,
        Duration flushInterval) {

    /** No server takes more rows in one call. */
    public static final int MOST_ROWS = 100;

    public RemotePredictorSettings {
        predictionUrls = List.copyOf(predictionUrls);
        if (maxRows < 1 || maxRows > MOST_ROWS) {
            throw new IllegalArgumentException("maxRows: " + maxRows + " (expected: 1 to " + MOST_ROWS + ")");
        }
        requirePositive("predictionTimeout", predictionTimeout);
        requirePositive("trainingTimeout", trainingTimeout);
        requirePositive("flushInterval", flushInterval);
        requireAtLeastOne("maxCalls", maxCalls);
        requireAtLeastOne("maxWaitingRows", maxWaitingRows);
        requireAtLeastOne("maxSamples", maxSamples);
    }

    private static void requirePositive(String name, Duration duration) {
        if (!duration.isPositive()) {
            throw new IllegalArgumentException(name + ": " + duration + " (expected: > 0)");
        }
    }

    private static void requireAtLeastOne(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: >= 1)");
        }
    }
}
