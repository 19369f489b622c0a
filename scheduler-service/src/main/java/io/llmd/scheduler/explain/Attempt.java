package io.llmd.scheduler.explain;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.TokenUsage;
import org.jspecify.annotations.Nullable;

/**
 * How far an attempt is, as its reports say.
 *
 * @param outcome what became of it
 * @param status HTTP status of the endpoint, 0 when it sent none
 * @param timeToFirstTokenMicros from sending the request to the first body byte, 0 when there was none yet
 * @param durationMicros from sending the request to the end, 0 while it has not ended
 * @param usage tokens as the endpoint counted them
 * @param fallback why the answering endpoint computed the prompt although another one was named for it; absent if it did not
 */
public record Attempt(
        DecisionOutcome outcome,
        int status,
        long timeToFirstTokenMicros,
        long durationMicros,
        TokenUsage usage,
        @Nullable String fallback) {

    static final Attempt REJECTED = new Attempt(DecisionOutcome.REJECTED, 0, 0, 0, TokenUsage.UNKNOWN, null);
    static final Attempt PLACED = new Attempt(DecisionOutcome.IN_FLIGHT, 0, 0, 0, TokenUsage.UNKNOWN, null);

    static Attempt of(OutcomeReport report) {
        return new Attempt(
                DecisionOutcome.of(report),
                report.status(),
                report.timeToFirstTokenMicros(),
                report.durationMicros(),
                report.usage(),
                report.fallback());
    }
}
