package io.llmd.kv.ingest;

import java.time.Duration;

/**
 * Rules of a {@link LaneFeed}.
 *
 * @param firstSequence of a publisher's first batch: 0, or 1 for llm-d's storage publisher
 * @param replayIdle an attempt that brings nothing for so long has failed
 * @param replayRetry wait before another attempt
 * @param replayAttempts without progress, before batches count as lost
 * @param bufferedBatches live batches that wait for a replay; more are dropped, and asked for later
 * @param bufferedBytes of these batches together
 */
public record LaneFeedSettings(
        GapPolicy gapPolicy,
        long firstSequence,
        Duration replayIdle,
        Duration replayRetry,
        int replayAttempts,
        int bufferedBatches,
        int bufferedBytes) {

    public static final LaneFeedSettings DEFAULT = new LaneFeedSettings(
            GapPolicy.CLEAR, 0, Duration.ofSeconds(2), Duration.ofMillis(200), 3, 10_000, 16 << 20);

    public LaneFeedSettings {
        if (firstSequence < 0) {
            throw new IllegalArgumentException("firstSequence: " + firstSequence + " (expected: >= 0)");
        }
        if (!replayIdle.isPositive() || replayRetry.isNegative()) {
            throw new IllegalArgumentException(
                    "replay: idle " + replayIdle + ", retry " + replayRetry + " (expected: > 0, >= 0)");
        }
        if (replayAttempts <= 0 || bufferedBatches <= 0 || bufferedBytes <= 0) {
            throw new IllegalArgumentException("replay: " + replayAttempts + " attempts, " + bufferedBatches
                    + " batches, " + bufferedBytes + " bytes (expected: all > 0)");
        }
    }

    public LaneFeedSettings withGapPolicy(GapPolicy value) {
        return new LaneFeedSettings(
                value, firstSequence, replayIdle, replayRetry, replayAttempts, bufferedBatches, bufferedBytes);
    }

    public LaneFeedSettings withFirstSequence(long value) {
        return new LaneFeedSettings(
                gapPolicy, value, replayIdle, replayRetry, replayAttempts, bufferedBatches, bufferedBytes);
    }

    public LaneFeedSettings withReplay(Duration idle, Duration retry, int attempts) {
        return new LaneFeedSettings(gapPolicy, firstSequence, idle, retry, attempts, bufferedBatches, bufferedBytes);
    }

    public LaneFeedSettings withBuffered(int batches, int sizeBytes) {
        return new LaneFeedSettings(
                gapPolicy, firstSequence, replayIdle, replayRetry, replayAttempts, batches, sizeBytes);
    }
}
