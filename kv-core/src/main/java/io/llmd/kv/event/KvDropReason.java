package io.llmd.kv.event;

import java.util.Locale;

/** Why the decoder did not pass on an event, or what is left of a batch. */
public enum KvDropReason {
    /** The payload is no batch, or ends inside of one; events before that place have been passed on. */
    MALFORMED_BATCH,
    /** Fields of the wrong type, or numbers of tokens, hashes and extra keys that do not fit together. */
    MALFORMED_EVENT,
    /** An event of a type that nobody knows. */
    UNKNOWN_EVENT,
    /** An event that is known to change nothing here, such as {@code BlockUpdated}. */
    IGNORED_EVENT,
    /** A token id below 0, from 2^31 on, or no integer. */
    BAD_TOKEN,
    /** A block that occurs twice in one event, or is its own parent. */
    REPEATED_HASH,
    /** A store or a removal of no block. */
    NO_HASHES,
    /** A value nested deeper than 8 levels. */
    TOO_DEEP,
    /** More elements, or longer text, than is read. */
    TOO_LARGE;

    private static final KvDropReason[] VALUES = values();

    /** The number of reasons. */
    public static final int COUNT = VALUES.length;

    private final String label = name().toLowerCase(Locale.ROOT);

    /** The reason with this ordinal. */
    public static KvDropReason of(int ordinal) {
        return VALUES[ordinal];
    }

    /** The name in lower case, for meters. */
    public String label() {
        return label;
    }
}
