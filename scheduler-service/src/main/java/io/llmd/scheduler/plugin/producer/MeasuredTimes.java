package io.llmd.scheduler.plugin.producer;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;

/**
 * What a report about an attempt says about latencies.
 *
 * @param firstTokenMillis time to the first token, 0 when it says nothing
 * @param outputTokenMillis mean time per token after the first by the endpoint's own count, 0 when it says nothing
 */
record MeasuredTimes(double firstTokenMillis, double outputTokenMillis) {

    private static final double MICROS_PER_MILLI = 1000.0;
    private static final MeasuredTimes NOTHING = new MeasuredTimes(0, 0);

    /** At the beginning of an answer: its first token, where that is told from the rest. */
    static MeasuredTimes atStart(OutcomeReport report, boolean streamingMode, boolean isStreamed) {
        return streamingMode && isStreamed && report.status() / 100 == 2
                ? new MeasuredTimes(report.timeToFirstTokenMicros() / MICROS_PER_MILLI, 0)
                : NOTHING;
    }

    /**
     * At its end: of failures nothing, and of answers that broke off only the first token.
     *
     * @param answers that come at the same time, at least 1; the report counts the tokens of all of them
     */
    static MeasuredTimes atEnd(OutcomeReport report, boolean streamingMode, boolean isStreamed, int answers) {
        if (report.status() / 100 != 2 || report.cause() == Cause.ERROR) {
            return NOTHING;
        }
        boolean isComplete = report.cause() == Cause.NATURAL;
        if (!streamingMode) {
            return isComplete ? new MeasuredTimes(report.durationMicros() / MICROS_PER_MILLI, 0) : NOTHING;
        }
        long firstToken = report.timeToFirstTokenMicros();
        if (!isStreamed || firstToken <= 0) {
            return NOTHING;
        }
        int tokens = report.usage().completionTokens() / answers;
        double rest = isComplete && tokens > 1 ? (double) (report.durationMicros() - firstToken) / (tokens - 1) : 0;
        return new MeasuredTimes(firstToken / MICROS_PER_MILLI, rest / MICROS_PER_MILLI);
    }
}
