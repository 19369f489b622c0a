package io.llmd.simulator.config;

/**
 * Bounds beyond which requests are refused; 0 for none.
 *
 * @param maxWaiting waiting requests, beyond which new ones get 429
 * @param maxSequences sequences in progress, beyond which new requests get 503
 * @param maxPrefillTokens prompt tokens of requests without output, from which on new ones get 503
 */
public record AdmissionSettings(int maxWaiting, int maxSequences, long maxPrefillTokens) {
    /** No bounds. */
    public static final AdmissionSettings NONE = new AdmissionSettings(0, 0, 0);

    public AdmissionSettings {
        if (maxWaiting < 0 || maxSequences < 0 || maxPrefillTokens < 0) {
            throw new IllegalArgumentException("maxWaiting: " + maxWaiting + ", maxSequences: " + maxSequences
                    + ", maxPrefillTokens: " + maxPrefillTokens + " (expected: >= 0)");
        }
    }

    AdmissionSettings withMaxWaiting(int value) {
        return new AdmissionSettings(value, maxSequences, maxPrefillTokens);
    }

    AdmissionSettings withMaxSequences(int value) {
        return new AdmissionSettings(maxWaiting, value, maxPrefillTokens);
    }

    AdmissionSettings withMaxPrefillTokens(long value) {
        return new AdmissionSettings(maxWaiting, maxSequences, value);
    }
}
