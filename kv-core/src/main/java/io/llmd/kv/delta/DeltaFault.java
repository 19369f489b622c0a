package io.llmd.kv.delta;

/** Why bytes are not taken for a delta record, a chunk of a snapshot or the head of one. */
public enum DeltaFault {
    /** Shorter than the fixed part. */
    TOO_SHORT,
    /** Longer than {@link DeltaRecordReader#MAX_BYTES}. */
    TOO_LONG,
    /** Begins with other bytes; something else was written here. */
    WRONG_MAGIC,
    /** Written by a newer release. */
    UNKNOWN_VERSION,
    /** A flag that may change the layout is not known. */
    UNKNOWN_FLAG,
    /** The length is no multiple of eight bytes. */
    UNALIGNED,
    /** Numbers of the fixed part contradict each other or their bounds. */
    BAD_HEAD,
    /** An operation is not known, or does not belong here. */
    UNKNOWN_OPERATION,
    /** A tier, or a mask of tiers, is not known. */
    UNKNOWN_TIER,
    /** An operation says that it concerns no blocks. */
    NO_BLOCKS,
    /** An operation is longer than what is left. */
    TRUNCATED,
    /** Bytes that are reserved are in use, or a value is out of its range. */
    BAD_VALUE,
    /** The bytes were changed after they were written. */
    WRONG_CHECKSUM
}
