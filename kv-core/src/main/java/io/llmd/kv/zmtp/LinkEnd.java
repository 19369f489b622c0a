package io.llmd.kv.zmtp;

import java.util.Locale;

/** Why a connection ended, or did not come about. */
public enum LinkEnd {
    /** The name could not be resolved, nobody listens, or the network does not lead there. */
    UNREACHABLE,
    /** No handshake in time. */
    HANDSHAKE_TIMEOUT,
    /** The peer closed. */
    CLOSED_BY_PEER,
    /** The connection broke. */
    BROKEN,
    /** The peer does not speak ZMTP 3, wants another mechanism than NULL, or is a socket of another type. */
    NOT_A_PEER,
    /** Bytes that are no frames. */
    MALFORMED,
    /** A message above the limit, or no room left for one that is within. */
    TOO_LARGE,
    /** Whoever takes the messages threw an exception. */
    LISTENER_FAILED,
    /** We closed. */
    CLOSED;

    private final String label = name().toLowerCase(Locale.ROOT);

    /** The name in lower case, for meters. */
    public String label() {
        return label;
    }
}
