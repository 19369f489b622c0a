package io.llmd.kv.ingest.zmq;

import io.llmd.kv.ingest.LaneFeedSettings;
import org.jspecify.annotations.Nullable;

/**
 * One publisher: a data-parallel rank of an endpoint.
 *
 * @param endpoint id of the endpoint; with the rank, it identifies the source
 * @param address where it publishes
 * @param replayAddress where it can be asked for old batches; null when it cannot
 * @param topicPrefix topics that it is asked to send; empty for all
 */
public record ZmqSource(
        String endpoint,
        int rank,
        ZmqAddress address,
        @Nullable ZmqAddress replayAddress,
        String topicPrefix,
        LaneFeedSettings settings) {

    private static final int MAX_TOPIC_CHARACTERS = 1024;

    public ZmqSource {
        if (endpoint.isEmpty()) {
            throw new IllegalArgumentException("endpoint: empty (expected: an id)");
        }
        if (rank < 0) {
            throw new IllegalArgumentException("rank: " + rank + " (expected: >= 0)");
        }
        if (topicPrefix.length() > MAX_TOPIC_CHARACTERS) {
            throw new IllegalArgumentException(
                    "topicPrefix: " + topicPrefix.length() + " characters (expected: <= " + MAX_TOPIC_CHARACTERS + ")");
        }
    }

    /** A source with all topics, vLLM's numbering and the usual limits. */
    public static ZmqSource of(String endpoint, int rank, ZmqAddress address, @Nullable ZmqAddress replayAddress) {
        return new ZmqSource(endpoint, rank, address, replayAddress, "", LaneFeedSettings.DEFAULT);
    }

    public ZmqSource withTopicPrefix(String value) {
        return new ZmqSource(endpoint, rank, address, replayAddress, value, settings);
    }

    public ZmqSource withSettings(LaneFeedSettings value) {
        return new ZmqSource(endpoint, rank, address, replayAddress, topicPrefix, value);
    }

    Key key() {
        return new Key(endpoint, rank);
    }

    /** What identifies a source. */
    record Key(String endpoint, int rank) {}
}
