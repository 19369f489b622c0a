package io.llmd.kvindex.ingest;

import io.llmd.contracts.prefix.KvSource;
import io.llmd.kv.index.BlockIndex;
import io.llmd.kv.index.IndexLane;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The endpoints of one pool and what they hold. Safe from any thread. */
public interface IndexedPool extends AutoCloseable {

    /** Begins to follow; once. */
    void start();

    /** The engines to read from now on, all of them. Ignored by a process that reads none. */
    void follow(List<EngineSource> sources);

    /** Looks blocks up; null in a process that answers no queries. */
    @Nullable
    BlockIndex index();

    /** Key before the first block of a prompt for a model or adapter. */
    long root(String model);

    /** What a match in a lane is worth now, in [0, 1]. */
    double trust(IndexLane lane);

    /** Whether a lane is of an engine whose place another one has taken: it is not answered. */
    boolean isReplaced(IndexLane lane);

    /** Whether what endpoints hold is known about as well as it will be. */
    boolean isReady();

    /** All lanes, by endpoint and rank. */
    List<KvSource> sources();

    /** Lanes that this process reads from engines. */
    List<LaneReading> readings();

    /**
     * Forgets what an endpoint holds and asks it for everything again.
     *
     * @return lanes that were cleared; 0 when this process does not read the endpoint
     */
    int clear(String endpoint);

    /** Snapshots of what is known; null in a process whose pool is carried over Kafka, for they are in the log then. */
    @Nullable
    PoolSnapshots snapshots();

    /** Ends all connections; waits some seconds at most. */
    @Override
    void close();
}
