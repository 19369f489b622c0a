package io.llmd.kv.ingest.zmq;

import io.llmd.kv.zmtp.ZmtpMessage;

/**
 * One answer of a replay, in any of the shapes that engines have had: with or without a topic, with or without a sequence
 * number in the end marker. It is read from the back: the last frame is the payload, and the one before it the sequence
 * number if it has 8 bytes.
 */
public enum ReplayReply {
    /** A batch; its sequence number and payload are the last two frames. */
    BATCH,
    /** There are no more. */
    END,
    /** Something else. */
    MALFORMED;

    private static final int MIN_FRAMES = 2;
    private static final int MAX_FRAMES = 4;

    public static ReplayReply of(ZmtpMessage message) {
        int frames = message.frames();
        if (frames < MIN_FRAMES || frames > MAX_FRAMES) {
            return MALFORMED;
        }
        int sequence = frames - 2;
        int payload = frames - 1;
        if (message.length(sequence) == Long.BYTES) {
            return message.number(sequence) == -1 ? END : message.length(payload) == 0 ? MALFORMED : BATCH;
        }
        return message.length(sequence) == 0 && message.length(payload) == 0 ? END : MALFORMED;
    }
}
