package io.llmd.simulator.workload;

/**
 * One request of recorded traffic.
 *
 * @param time nanoseconds since the start of the recording
 * @param promptTokens length of the prompt
 * @param outputTokens length of the answer
 * @param blocks names of the prompt's blocks, in order: equal names mean equal tokens; empty if the recording has none,
 *     and then the prompt is like no other
 * @param blockTokens tokens in one of these blocks, of which the last one may be filled in part
 */
public record TraceRow(long time, int promptTokens, int outputTokens, long[] blocks, int blockTokens) {
    public TraceRow {
        if (promptTokens < 1 || outputTokens < 1 || time < 0) {
            throw new IllegalArgumentException("row: " + promptTokens + " prompt tokens, " + outputTokens
                    + " output tokens at " + time + " (expected: >= 1, >= 1, >= 0)");
        }
        if (blocks.length > 0 && (blockTokens < 1 || (long) blocks.length * blockTokens < promptTokens)) {
            throw new IllegalArgumentException("row: " + blocks.length + " blocks of " + blockTokens
                    + " tokens (expected: to hold " + promptTokens + " tokens)");
        }
    }

    /** A row without names of blocks. */
    public static TraceRow of(long time, int promptTokens, int outputTokens) {
        return new TraceRow(time, promptTokens, outputTokens, new long[0], 0);
    }
}
