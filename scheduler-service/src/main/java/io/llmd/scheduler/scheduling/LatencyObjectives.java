package io.llmd.scheduler.scheduling;

import io.llmd.contracts.header.LlmdHeader;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The latencies that a request asks for by its headers, in milliseconds; 0 where it asks for none or says it wrongly.
 *
 * @param timeToFirstTokenMillis wanted time to the first token
 * @param timePerOutputTokenMillis wanted mean time per token after the first
 */
public record LatencyObjectives(double timeToFirstTokenMillis, double timePerOutputTokenMillis) {

    /** Nothing is asked for. */
    public static final LatencyObjectives NONE = new LatencyObjectives(0, 0);

    private static final Pattern DECIMAL = Pattern.compile("\\d{1,11}(\\.\\d{1,9})?");

    /** Longest wish that is understood, a year. */
    private static final long MOST_MILLIS = TimeUnit.DAYS.toMillis(365);

    /** Reads the headers of a request. */
    public static LatencyObjectives of(InferenceRequest request) {
        return new LatencyObjectives(
                millis(request, LlmdHeader.SLO_TIME_TO_FIRST_TOKEN),
                millis(request, LlmdHeader.SLO_TIME_PER_OUTPUT_TOKEN));
    }

    /** Whether the request asks for anything. */
    public boolean isAny() {
        return timeToFirstTokenMillis > 0 || timePerOutputTokenMillis > 0;
    }

    /** Whether a first token after so many milliseconds is later than asked for. */
    public boolean isFirstTokenLate(double millis) {
        return timeToFirstTokenMillis > 0 && millis > timeToFirstTokenMillis;
    }

    /** Whether so many milliseconds between tokens, in the mean, are more than asked for. */
    public boolean areTokensSlow(double millis) {
        return timePerOutputTokenMillis > 0 && millis > timePerOutputTokenMillis;
    }

    private static double millis(InferenceRequest request, LlmdHeader header) {
        String value = request.header(header.wireName());
        for (int i = 0; value == null && i < header.aliases().size(); i++) {
            value = request.header(header.aliases().get(i));
        }
        return millis(value);
    }

    /** Reads one wish: decimal digits with or without a fraction, at most a year; 0 for anything else. */
    public static double millis(@Nullable String wish) {
        if (wish == null || !DECIMAL.matcher(wish.strip()).matches()) {
            return 0;
        }
        double millis = Double.parseDouble(wish.strip());
        return millis > MOST_MILLIS ? 0 : millis;
    }
}
