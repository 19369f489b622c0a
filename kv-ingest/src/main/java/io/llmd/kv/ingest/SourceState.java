package io.llmd.kv.ingest;

/** How far a lane can be relied on. */
public enum SourceState {
    /** Every batch since the lane began, or was last cleared, is applied. */
    EXACT,
    /** Not connected, or batches are being asked for. */
    CATCHING_UP,
    /** Batches are lost, and what was known before was kept; or nobody answers who could replay them. */
    DEGRADED
}
