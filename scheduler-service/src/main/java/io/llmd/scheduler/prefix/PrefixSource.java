package io.llmd.scheduler.prefix;

import io.llmd.kv.index.IndexLane;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Where a scheduler takes its knowledge of engines' blocks from: their sockets, a log of all lanes, or an index service.
 * Safe from any thread.
 */
interface PrefixSource extends AutoCloseable {

    /** An endpoint is in the pool. Must not block. */
    void follow(EndpointMetadata endpoint);

    /** An endpoint has left the pool. Must not block. */
    void forget(EndpointMetadata endpoint);

    /** Key before the first block of a prompt for a model or adapter. */
    long root(String targetModel);

    /**
     * Asks what candidates hold of prompts. Never fails: who cannot answer in time says so.
     *
     * @param prompts keys of the full blocks of each prompt; not changed afterwards
     * @param candidates read only; may be read until the answer is there
     */
    CompletableFuture<IndexAnswer> match(long[][] prompts, Candidates candidates);

    /** Whether {@link #match} has answered when it returns, and asks nobody elsewhere. */
    default boolean answersAtOnce() {
        return true;
    }

    /** Followed endpoints that the source knows, by id. */
    Map<String, SourceView> views();

    /** What an embedded index knows of an endpoint; null when there is none here. */
    @Nullable
    IndexLane lane(String endpointId);

    /** Distinct blocks that are known in this process. */
    long blocks();

    /** Memory in use for them. */
    long bytes();

    /** Blocks forgotten because the memory was used up. */
    long evictedBlocks();

    /** Ends all connections; waits some seconds at most. */
    @Override
    void close();
}
