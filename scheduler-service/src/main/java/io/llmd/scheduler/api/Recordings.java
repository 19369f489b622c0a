package io.llmd.scheduler.api;

import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.scheduler.explain.DecisionLog;
import io.llmd.scheduler.explain.DecisionRecording;
import io.llmd.scheduler.explain.Explanation;
import io.llmd.scheduler.explain.PluginDescription;
import io.llmd.scheduler.scheduling.DecisionRecorder;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes down decisions and what follows from them. */
final class Recordings {

    private final DecisionLog log;
    private final Leases leases;

    Recordings(DecisionLog log, Leases leases) {
        this.log = log;
        this.leases = leases;
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
    void decided(@Nullable DecisionRecording recording, Decided decided, ScheduleOutcome outcome) {
        if (recording == null) {
            return;
        }
        switch (outcome) {
            case ScheduleDecision decision -> {
                if (decided instanceof Decided.Placed placed) {
                    leases.recorded(
                            decision.leaseId(),
                            log.scheduled(
                                    recording,
                                    placed.request(),
                                    placed.plan(),
                                    placed.candidates(),
                                    verdict(placed),
                                    decision.leaseId()));
                }
            }
            case ScheduleRejection rejection -> {
                if (decided instanceof Decided.Refused refused) {
                    log.rejected(
                            recording,
                            rejection.requestId(),
                            refused.request(),
                            refused.plan(),
                            refused.candidates(),
                            verdict(rejection));
                }
            }
        }
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
