package io.llmd.kv.ingest.zmq;

import java.time.Duration;

/**
 * Bounds of a {@link ZmqLoop}.
 *
 * @param handshakeTimeout from the name look-up to the peer's READY
 * @param minBackoff first wait before a lost connection is dialled again; doubled each time, half of it is random
 * @param maxBackoff longest wait; a connection that lived longer, or carried a message, is dialled after the first wait
 * @param maxMessageBytes a larger message ends its connection
 * @param maxBufferedBytes of all connections together, for messages that have not arrived in full; a connection that needs
 *     more is ended
 */
public record ZmtpSettings(
        Duration handshakeTimeout,
        Duration minBackoff,
        Duration maxBackoff,
        int maxMessageBytes,
        long maxBufferedBytes) {

    public static final ZmtpSettings DEFAULT = new ZmtpSettings(
            Duration.ofSeconds(5), Duration.ofMillis(100), Duration.ofSeconds(10), 64 << 20, 512L << 20);

    private static final int MAX_MESSAGE_BYTES = 1 << 30;

    public ZmtpSettings {
        if (!handshakeTimeout.isPositive()) {
            throw new IllegalArgumentException("handshakeTimeout: " + handshakeTimeout + " (expected: > 0)");
        }
        if (!minBackoff.isPositive() || maxBackoff.compareTo(minBackoff) < 0) {
            throw new IllegalArgumentException(
                    "backoff: " + minBackoff + " to " + maxBackoff + " (expected: > 0, growing)");
        }
        if (maxMessageBytes <= 0 || maxMessageBytes > MAX_MESSAGE_BYTES) {
            throw new IllegalArgumentException(
                    "maxMessageBytes: " + maxMessageBytes + " (expected: 1 to " + MAX_MESSAGE_BYTES + ")");
        }
        if (maxBufferedBytes < maxMessageBytes) {
            throw new IllegalArgumentException(
                    "maxBufferedBytes: " + maxBufferedBytes + " (expected: >= " + maxMessageBytes + ")");
        }
    }

    public ZmtpSettings withHandshakeTimeout(Duration value) {
        return new ZmtpSettings(value, minBackoff, maxBackoff, maxMessageBytes, maxBufferedBytes);
    }

    public ZmtpSettings withBackoff(Duration min, Duration max) {
        return new ZmtpSettings(handshakeTimeout, min, max, maxMessageBytes, maxBufferedBytes);
    }

    public ZmtpSettings withMaxBytes(int message, long buffered) {
        return new ZmtpSettings(handshakeTimeout, minBackoff, maxBackoff, message, buffered);
    }
}
