package io.llmd.scheduler.api;

import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.scheduler.explain.DecisionLog;
import io.llmd.scheduler.explain.DecisionRecord;
import io.llmd.scheduler.explain.DecisionRecording;
import io.llmd.scheduler.explain.Explanation;
import io.llmd.scheduler.explain.PluginDescription;
import io.llmd.scheduler.resource.Resources;
import io.llmd.scheduler.resource.RewriteRule;
import io.llmd.scheduler.scheduling.DecisionRecorder;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Writes down decisions and what follows from them, and tells those who count. */
final class Recordings {

    private final DecisionLog log;
    private final Leases leases;
    private final DecisionListener listener;
    private final Supplier<Resources> resources;

    Recordings(DecisionLog log, Leases leases, DecisionListener listener, Supplier<Resources> resources) {
        this.log = log;
        this.leases = leases;
        this.listener = listener;
        this.resources = resources;
    }

    @Nullable
    DecisionRecording begin(String requestId, long startNanos) {
        return log.begin(requestId, startNanos);
    }

    /** What the plugins of the configuration in force are, by name. */
    Map<String, PluginDescription> plugins() {
        return log.plugins();
    }

    static DecisionRecorder recorder(@Nullable DecisionRecording recording) {
        return recording == null ? DecisionRecorder.NONE : recording;
    }

    /** The decision is made; nobody knows of its lease yet. */
    void decided(
            @Nullable DecisionRecording recording, ScheduleRequest request, Decided decided, ScheduleOutcome outcome) {
        InferenceRequest inference = request(decided);
        if (inference != null && request.excludedEndpoints().isEmpty()) {
            RewriteRule rule = resources.get().rewrites().rule(inference.body().model());
            if (rule != null) {
                listener.rewritten(rule, inference.body().model(), inference.targetModel());
            }
        }
        AttemptListener meters = listener.answered(
                outcome, inference, request.excludedEndpoints().isEmpty());
        if (outcome instanceof ScheduleDecision decision) {
            leases.follow(decision.leaseId(), meters);
        }
        if (decided instanceof Decided.Placed placed) {
            String type = placed.plan().handler().plugin().decisionType(placed.outcome());
            if (type != null) {
                listener.disaggregated(
                        placed.plan().handler().name(), placed.request().targetModel(), type);
            }
        }
        DecisionRecord record = recording == null ? null : record(recording, decided, outcome);
        if (record != null && outcome instanceof ScheduleDecision decision) {
            leases.follow(decision.leaseId(), report -> {
                meters.reported(report);
                record.reported(report);
            });
        }
    }

    private static @Nullable InferenceRequest request(Decided decided) {
        return switch (decided) {
            case Decided.Placed placed -> placed.request();
            case Decided.Refused refused -> refused.request();
        };
    }

    private DecisionRecord record(DecisionRecording recording, Decided decided, ScheduleOutcome outcome) {
        return switch (decided) {
            case Decided.Placed placed ->
                log.scheduled(
                        recording,
                        placed.request(),
                        placed.plan(),
                        placed.candidates(),
                        verdict(placed),
                        outcome instanceof ScheduleDecision decision ? decision.leaseId() : 0);
            case Decided.Refused refused ->
                log.rejected(
                        recording,
                        refused.rejection().requestId(),
                        refused.request(),
                        refused.plan(),
                        refused.candidates(),
                        verdict(refused.rejection()));
        };
    }

    static Explanation.Verdict.Scheduled verdict(Decided.Placed placed) {
        ProfileOutcome.Picked primary = placed.outcome().primary();
        return new Explanation.Verdict.Scheduled(
                placed.outcome().primaryProfile(),
                primary.endpoints().stream().map(Endpoint::id).toList());
    }

    static Explanation.Verdict.Rejected verdict(ScheduleRejection rejection) {
        return new Explanation.Verdict.Rejected(rejection.reason(), rejection.message());
    }
}
