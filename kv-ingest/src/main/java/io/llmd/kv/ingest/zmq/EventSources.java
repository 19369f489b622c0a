package io.llmd.kv.ingest.zmq;

import io.llmd.kv.ingest.FeedPosition;
import io.llmd.kv.ingest.LaneTarget;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Brings the batches of publishers to their targets: over sockets in {@link ZmqSources}, by hand where time is virtual.
 * Targets are called by one thread at a time.
 */
public interface EventSources extends AutoCloseable {

    /**
     * Begins to follow a source, until it is removed.
     *
     * @throws IllegalArgumentException when there is a source with the same endpoint and rank
     */
    default void add(ZmqSource source, LaneTarget target) {
        add(source, target, FeedPosition.START);
    }

    /**
     * Begins to follow a source behind a batch that its target knows, as far as its publisher turns out to have sent that.
     *
     * @throws IllegalArgumentException when there is a source with the same endpoint and rank
     */
    void add(ZmqSource source, LaneTarget target, FeedPosition from);

    /**
     * Calls an action between two batches, soon, with how far a source was followed. It must not block.
     *
     * @return completes when the action was called, with whether it was: not for a source that is not there; exceptionally with
     *     what the action threw
     */
    CompletableFuture<Boolean> between(String endpoint, int rank, Consumer<FeedPosition> action);

    /**
     * Ends a source; one that is not there is none that has to end.
     *
     * @return completes when its target is called no more
     */
    CompletableFuture<Void> remove(String endpoint, int rank);

    /** All sources, by endpoint and rank. */
    List<SourceStatus> sources();

    /** No target is called any more after this. */
    @Override
    void close();
}
