package io.llmd.scheduler.parser;

/**
 * How many tokens a picture counts as: a fixed number, or one per so many pixels.
 *
 * @param fixed the fixed number; 0 when pixels count
 * @param factor pixels per token
 * @param width width where it is unknown
 * @param height height where it is unknown
 */
public record PixelTokens(int fixed, int factor, int width, int height) {

    /** A token per 1024 pixels; 640×360 where the size is unknown. */
    public static final PixelTokens DEFAULT = new PixelTokens(0, 1024, 640, 360);

    public PixelTokens {
        if (fixed < 0 || factor < 1 || width < 1 || height < 1) {
            throw new IllegalArgumentException("fixed: " + fixed + ", factor: " + factor + ", size: " + width + "×"
                    + height + " (expected: fixed >= 0, the others >= 1)");
        }
    }

    /** Tokens of a picture of a size; 0 for an unknown one. */
    long tokens(int knownWidth, int knownHeight) {
        if (fixed > 0) {
            return fixed;
        }
        boolean isKnown = knownWidth > 0 && knownHeight > 0;
        long pixels = isKnown ? (long) knownWidth * knownHeight : (long) width * height;
        return pixels / factor;
    }
}
