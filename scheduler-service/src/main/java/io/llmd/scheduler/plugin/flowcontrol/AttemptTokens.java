package io.llmd.scheduler.plugin.flowcontrol;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Whose attempts are under way, and what they have used at their end. Grows with the leases. Any thread. */
final class AttemptTokens {

    /**
     * An attempt.
     *
     * @param fairnessId flow of the request
     * @param promptTokens estimate of the prompt's length
     */
    record Attempt(String fairnessId, long promptTokens) {}

    /**
     * What an attempt has used.
     *
     * @param fairnessId flow of the request
     * @param promptCorrection prompt tokens beyond the estimate, or less than it
     * @param completionTokens tokens of the answer
     */
    record Used(String fairnessId, long promptCorrection, long completionTokens) {}

    private final Map<Long, Attempt> attempts = new ConcurrentHashMap<>();

    void scheduled(InferenceRequest request, Dispatch dispatch) {
        attempts.put(
                dispatch.leaseId(),
                new Attempt(request.fairnessId(), request.body().promptTokens()));
    }

    /** What the attempt has used, null when it is not known here. */
    @Nullable
    Used ended(long leaseId, OutcomeReport report) {
        Attempt attempt = attempts.remove(leaseId);
        if (attempt == null) {
            return null;
        }
        TokenUsage usage = report.usage();
        long prompt = usage.promptTokens() > 0 ? usage.promptTokens() - attempt.promptTokens() : 0;
        return new Used(attempt.fairnessId(), prompt, Math.max(0, usage.completionTokens()));
    }

    int size() {
        return attempts.size();
    }
}
