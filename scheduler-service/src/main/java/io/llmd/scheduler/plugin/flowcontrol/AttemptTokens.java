package io.llmd.scheduler.plugin.flowcontrol;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.flowcontrol.Flow;
import io.llmd.scheduler.flowcontrol.FlowRequest;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Whose attempts are under way, and what they have used at their end. Grows with the leases. Any thread.
 *
 * @param <A> account of a band that is charged
 */
final class AttemptTokens<A> {

    /** Requests that have left their queue and are not on their way yet; the oldest are forgotten. */
    static final int MOST_SERVED = 10_000;

    private record Served<A>(String fairnessId, A account) {}

    private record Attempt<A>(String fairnessId, @Nullable A account, long promptTokens) {}

    /**
     * What an attempt has used.
     *
     * @param fairnessId flow in which the request waited, which several ids may share
     * @param account of the band in which it waited, null when it did not wait
     * @param promptCorrection prompt tokens beyond the estimate, or less than it
     * @param completionTokens tokens of the answer
     */
    record Used<A>(String fairnessId, @Nullable A account, long promptCorrection, long completionTokens) {}

    private final Map<Long, Attempt<A>> attempts = new ConcurrentHashMap<>();

    /** By request id; guarded by itself. */
    private final Map<String, Served<A>> served = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Served<A>> eldest) {
            return size() > MOST_SERVED;
        }
    };

    /** The request has left its flow, and is about to be scheduled. */
    void served(Flow flow, FlowRequest request, A account) {
        synchronized (served) {
            served.put(request.requestId(), new Served<>(flow.fairnessId(), account));
        }
    }

    void scheduled(InferenceRequest request, Dispatch dispatch) {
        Served<A> from;
        synchronized (served) {
            from = served.remove(request.requestId());
        }
        attempts.put(
                dispatch.leaseId(),
                new Attempt<>(
                        from == null ? request.fairnessId() : from.fairnessId(),
                        from == null ? null : from.account(),
                        request.body().promptTokens()));
    }

    /** What the attempt has used, null when it is not known here. */
    @Nullable
    Used<A> ended(long leaseId, OutcomeReport report) {
        Attempt<A> attempt = attempts.remove(leaseId);
        if (attempt == null) {
            return null;
        }
        TokenUsage usage = report.usage();
        long prompt = usage.promptTokens() > 0 ? usage.promptTokens() - attempt.promptTokens() : 0;
        return new Used<>(attempt.fairnessId(), attempt.account(), prompt, Math.max(0, usage.completionTokens()));
    }

    int size() {
        return attempts.size();
    }
}
