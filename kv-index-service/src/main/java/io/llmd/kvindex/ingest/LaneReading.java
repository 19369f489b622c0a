package io.llmd.kvindex.ingest;

import io.llmd.kv.ingest.LaneReader;
import io.llmd.kv.ingest.zmq.SourceStatus;

/**
 * How this process reads one data-parallel rank of an endpoint.
 *
 * @param status its connections and sequence numbers; its own name for the endpoint may be another one
 * @param reader what its events were
 */
public record LaneReading(String endpoint, int rank, SourceStatus status, LaneReader reader) {}
