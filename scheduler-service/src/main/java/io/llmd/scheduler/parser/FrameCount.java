package io.llmd.scheduler.parser;

/**
 * How many frames of a video an engine looks at.
 *
 * @param sampledPerSecond frames taken per second; 0 when every so many frames of the source are taken
 * @param patch sampled frames that become one
 * @param sourcePerSecond frames of the source per second where they are unknown
 * @param stride which frames of the source are taken: each that is a multiple of it
 * @param min fewest frames
 * @param max most frames, 0 for no limit
 */
public record FrameCount(double sampledPerSecond, int patch, double sourcePerSecond, int stride, int min, int max) {

    /** Two frames per second. */
    public static final FrameCount DEFAULT = new FrameCount(2, 1, 24, 1, 0, 0);

    public FrameCount {
        if (!(sampledPerSecond >= 0) || patch < 1 || !(sourcePerSecond > 0) || stride < 1 || min < 0 || max < 0) {
            throw new IllegalArgumentException("a negative number of frames (expected: rates > 0, steps >= 1)");
        }
    }

    long frames(double seconds, double knownSourcePerSecond) {
        if (sampledPerSecond > 0) {
            return bounded((long) (seconds * sampledPerSecond)) / patch;
        }
        double rate = knownSourcePerSecond > 0 ? knownSourcePerSecond : sourcePerSecond;
        return bounded((long) (seconds * rate) / stride);
    }

    private long bounded(long frames) {
        long atLeast = Math.max(min, frames);
        return max > 0 ? Math.min(max, atLeast) : atLeast;
    }
}
