package io.llmd.launcher.load;

/**
 * A run so far.
 *
 * @param sent requests taken in hand
 * @param ended requests that ended in any way
 * @param inFlight requests between the two
 * @param errors ended requests without a complete answer
 * @param firstTokenP50Millis median time to first token
 * @param firstTokenP99Millis 99th percentile of the time to first token
 * @param outputTokens generated tokens
 */
public record LoadSnapshot(
        long sent,
        long ended,
        long inFlight,
        long errors,
        double firstTokenP50Millis,
        double firstTokenP99Millis,
        long outputTokens) {}
