package io.llmd.scheduler.parser;

import io.llmd.contracts.header.LlmdHeader;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a request's headers say of its videos; 0 for what they do not say, or say wrongly.
 *
 * @param framesPerSecond frames of the source per second
 * @param seconds length
 * @param width width of a frame
 * @param height height of a frame
 */
public record VideoHints(double framesPerSecond, double seconds, int width, int height) {

    /** Says nothing. */
    public static final VideoHints NONE = new VideoHints(0, 0, 0, 0);

    private static final Pattern NUMBER = Pattern.compile("\\d{1,6}(\\.\\d{1,6})?");
    private static final Pattern RESOLUTION = Pattern.compile("(\\d{1,5})[xX](\\d{1,5})");

    /** Reads the headers of a request. */
    public static VideoHints of(Map<String, String> headers) {
        String rate = headers.get(LlmdHeader.VIDEO_FPS.wireName());
        String length = headers.get(LlmdHeader.VIDEO_DURATION_SECONDS.wireName());
        String resolution = headers.get(LlmdHeader.VIDEO_RESOLUTION.wireName());
        if (rate == null && length == null && resolution == null) {
            return NONE;
        }
        Matcher size = RESOLUTION.matcher(resolution == null ? "" : resolution.strip());
        boolean hasSize = size.matches();
        return new VideoHints(
                number(rate),
                number(length),
                hasSize ? Integer.parseInt(size.group(1)) : 0,
                hasSize ? Integer.parseInt(size.group(2)) : 0);
    }

    private static double number(@Nullable String text) {
        return text != null && NUMBER.matcher(text.strip()).matches() ? Double.parseDouble(text.strip()) : 0;
    }
}
