package io.llmd.kv.event;

/** How a batch is laid out around its events. */
public enum KvBatchForm {
    /** Timestamp, events, rank or nil: vLLM's releases. */
    ARRAY,
    /** Timestamp and events: the oldest producers. */
    ARRAY_WITHOUT_RANK,
    /** {@code ts}, {@code events} and, when there is one, {@code data_parallel_rank}: development versions of vLLM. */
    MAP
}
