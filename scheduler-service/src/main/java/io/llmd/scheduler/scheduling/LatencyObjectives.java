package io.llmd.scheduler.scheduling;

import io.llmd.contracts.header.LlmdHeader;

/**
 * The latencies that a request asks for by its headers, in milliseconds; 0 where it asks for none or says it wrongly.
 *
 * @param timeToFirstTokenMillis wanted time to the first token
 * @param timePerOutputTokenMillis wanted mean time per token after the first
 */
public record LatencyObjectives(double timeToFirstTokenMillis, double timePerOutputTokenMillis) {

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

    private static double millis(InferenceRequest request, LlmdHeader header) {
        String value = request.header(header.wireName());
        for (int i = 0; value == null && i < header.aliases().size(); i++) {
            value = request.header(header.aliases().get(i));
        }
        if (value == null) {
            return 0;
        }
        try {
            double millis = Double.parseDouble(value.strip());
            return millis > 0 && Double.isFinite(millis) ? millis : 0;
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
