package io.llmd.kv.ingest;

/**
 * What a source has been through since it was added.
 *
 * @param connections TCP connections that came about
 * @param batches handed to the target
 * @param payloadBytes of these batches
 * @param duplicates batches that came again and were dropped
 * @param gaps times that sequence numbers were missing
 * @param lostBatches that nobody could bring any more, as far as their number is known
 * @param replays requests for old batches
 * @param replayedBatches handed to the target from their answers
 * @param replayFailures times that batches counted as lost because requests brought nothing
 * @param epochs times that the publisher turned out to be another process
 * @param bufferDrops live batches that found no room while older ones were asked for
 * @param rankMismatches batches that name another rank than the one that was dialled
 * @param malformed messages that are no batch and no answer
 * @param targetFailures batches that the target threw an exception for
 */
public record FeedCounters(
        long connections,
        long batches,
        long payloadBytes,
        long duplicates,
        long gaps,
        long lostBatches,
        long replays,
        long replayedBatches,
        long replayFailures,
        long epochs,
        long bufferDrops,
        long rankMismatches,
        long malformed,
        long targetFailures) {}
