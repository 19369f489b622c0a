package io.llmd.scheduler.parser;

/**
 * How many tokens images and videos count as.
 *
 * @param image an image
 * @param frame a frame of a video
 * @param frames frames of a video
 * @param seconds length of a video where it is unknown
 * @param maxVideoTokens most tokens of a video, 0 for no limit but the one of all media
 */
public record MediaEstimate(
        PixelTokens image, PixelTokens frame, FrameCount frames, double seconds, int maxVideoTokens) {

    /** What holds without a setting: 225 tokens for an image of unknown size, 4,500 for a video. */
    public static final MediaEstimate DEFAULT =
            new MediaEstimate(PixelTokens.DEFAULT, PixelTokens.DEFAULT, FrameCount.DEFAULT, 10, 0);

    /** No image, video or recording takes more, whatever its headers say of it. */
    static final int MAX_ASSET_TOKENS = 1 << 17;

    public MediaEstimate {
        if (!(seconds > 0) || maxVideoTokens < 0) {
            throw new IllegalArgumentException(
                    "seconds: " + seconds + ", maxVideoTokens: " + maxVideoTokens + " (expected: > 0 and >= 0)");
        }
    }

    int imageTokens(int width, int height) {
        return bounded(image.tokens(width, height), MAX_ASSET_TOKENS);
    }

    int videoTokens(VideoHints hints) {
        double length = hints.seconds() > 0 ? hints.seconds() : seconds;
        double tokens =
                (double) frames.frames(length, hints.framesPerSecond()) * frame.tokens(hints.width(), hints.height());
        int limit = maxVideoTokens == 0 ? MAX_ASSET_TOKENS : Math.min(maxVideoTokens, MAX_ASSET_TOKENS);
        return bounded((long) tokens, limit);
    }

    private static int bounded(long tokens, int most) {
        return (int) Math.clamp(tokens, 1, most);
    }
}
