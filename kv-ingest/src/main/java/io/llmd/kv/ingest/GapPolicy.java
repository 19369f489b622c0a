package io.llmd.kv.ingest;

/** What becomes of a lane when batches are lost for good. */
public enum GapPolicy {
    /** It is cleared: blocks that the endpoint still holds are unknown until they are announced again. */
    CLEAR,
    /** It is kept: blocks whose removal was lost are believed in until they are swept. */
    KEEP
}
