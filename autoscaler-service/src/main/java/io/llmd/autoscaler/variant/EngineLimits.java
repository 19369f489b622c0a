package io.llmd.autoscaler.variant;

/**
 * Bounds of one replica.
 *
 * @param kvTokens tokens whose keys and values fit
 * @param maxSequences requests in one batch
 * @param stepTokens tokens computed in one step
 */
public record EngineLimits(double kvTokens, int maxSequences, int stepTokens) {

    public EngineLimits {
        if (!(kvTokens > 0) || maxSequences < 1 || stepTokens < 1) {
            throw new IllegalArgumentException("kvTokens: " + kvTokens + ", maxSequences: " + maxSequences
                    + ", stepTokens: " + stepTokens + " (expected: > 0)");
        }
    }
}
