package io.llmd.kvindex.ingest;

import io.llmd.kv.ingest.zmq.ZmqAddress;
import org.jspecify.annotations.Nullable;

/**
 * Where one data-parallel rank of an endpoint publishes.
 *
 * @param endpoint id of the endpoint, as queries name it
 * @param address where it publishes
 * @param replayAddress where it can be asked for old batches; null when it cannot
 */
public record EngineSource(
        String endpoint,
        int rank,
        ZmqAddress address,
        @Nullable ZmqAddress replayAddress) {

    /** The source of another rank, whose ports are that much further on. */
    public EngineSource ofRank(int other) {
        return new EngineSource(
                endpoint,
                other,
                address.ofRank(other - rank),
                replayAddress == null ? null : replayAddress.ofRank(other - rank));
    }
}
