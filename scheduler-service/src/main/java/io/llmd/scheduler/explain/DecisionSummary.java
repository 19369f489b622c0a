package io.llmd.scheduler.explain;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.TokenUsage;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A recorded decision in one line.
 *
 * @param number rises in the order in which decisions were recorded
 * @param requestId id of the client request
 * @param leaseId the decision's lease, 0 when nobody was chosen
 * @param decidedAt when it was decided
 * @param model model after rewriting, empty when the body could not be read
 * @param priority priority of the request's objective
 * @param fairnessId flow that the request belongs to
 * @param endpoints ids of the chosen endpoints, best first; empty when nobody was chosen
 * @param outcome what became of it
 * @param reason why nobody was chosen; null when somebody was
 * @param status HTTP status of the endpoint, 0 when it sent none
 * @param queueMicros time that the request waited for its turn
 * @param decisionMicros time that the decision took
 * @param timeToFirstTokenMicros from sending the request to the first body byte, 0 when there was none yet
 * @param durationMicros from sending the request to the end, 0 while it has not ended
 * @param usage tokens as the endpoint counted them, -1 where it did not say
 * @param expectedCachedTokens prompt tokens that the chosen endpoint was thought to hold; -1 when nobody looked
 * @param fallback why the answering endpoint computed the prompt although another one was chosen for it; null when it did not
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DecisionSummary(
        long number,
        String requestId,
        long leaseId,
        Instant decidedAt,
        String model,
        int priority,
        String fairnessId,
        List<String> endpoints,
        DecisionOutcome outcome,
        ScheduleRejection.@Nullable Reason reason,
        int status,
        long queueMicros,
        long decisionMicros,
        long timeToFirstTokenMicros,
        long durationMicros,
        TokenUsage usage,
        int expectedCachedTokens,
        @Nullable String fallback) {
    public DecisionSummary {
        endpoints = List.copyOf(endpoints);
    }

    /** The record in one line. */
    public static DecisionSummary of(DecisionRecord record) {
        Attempt attempt = record.attempt();
        return new DecisionSummary(
                record.number(),
                record.requestId(),
                record.leaseId(),
                record.decidedAt(),
                record.model(),
                record.priority(),
                record.fairnessId(),
                record.chosen(),
                attempt.outcome(),
                record.verdict() instanceof Explanation.Verdict.Rejected rejected ? rejected.reason() : null,
                attempt.status(),
                record.queueNanos() / 1_000,
                record.decisionNanos() / 1_000,
                attempt.timeToFirstTokenMicros(),
                attempt.durationMicros(),
                attempt.usage(),
                record.expectedCachedTokens(),
                attempt.fallback());
    }
}
