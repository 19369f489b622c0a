package io.llmd.scheduler.api.extproc;

import io.llmd.contracts.schedule.EndpointList;
import io.llmd.contracts.schedule.Eviction;
import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.PrefixMatch;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.scheduler.api.Evictions;
import io.llmd.scheduler.api.QueuePlace;
import io.llmd.scheduler.api.ScheduleDoor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Answers as a test says, and keeps what it was asked and told. */
final class ScriptedDoor implements ScheduleDoor {

    final List<ScheduleRequest> questions = new ArrayList<>();
    final List<OutcomeReport> reports = new CopyOnWriteArrayList<>();
    final List<Consumer<ScheduleOutcome>> waiting = new ArrayList<>();
    List<TargetEndpoint> endpoints = List.of(new TargetEndpoint("ns/b", "10.0.0.2", 8000));
    String model = "m";
    Map<String, String> requestHeaders = Map.of();
    Map<String, String> responseHeaders = Map.of();
    ScheduleRejection.Reason rejection = ScheduleRejection.Reason.UNKNOWN;
    boolean isQueueing;
    int left;
    private long leases;
    private Evictions.@Nullable Follower follower;

    /** The decision on the question that came last. */
    ScheduleOutcome outcome(ScheduleRequest request) {
        if (rejection != ScheduleRejection.Reason.UNKNOWN) {
            return new ScheduleRejection(request.requestId(), rejection, "because", 0);
        }
        return new ScheduleDecision(
                request.requestId(),
                ++leases,
                model,
                "default",
                endpoints,
                new PrefixMatch(0, 0),
                requestHeaders,
                responseHeaders);
    }

    @Override
    public QueuePlace schedule(ScheduleRequest request, Consumer<ScheduleOutcome> outcome) {
        questions.add(request);
        if (isQueueing) {
            waiting.add(outcome);
            return () -> left++;
        }
        outcome.accept(outcome(request));
        return QueuePlace.NONE;
    }

    @Override
    public void report(OutcomeReport report) {
        reports.add(report);
    }

    @Override
    public Runnable evictions(Evictions.Follower who) {
        follower = who;
        return () -> {};
    }

    /** Decisions so far. */
    long leases() {
        return leases;
    }

    void evict(long leaseId) {
        Objects.requireNonNull(follower, "follower").evicted(new Eviction(leaseId));
    }

    @Override
    public EndpointList endpoints() {
        return new EndpointList(List.of());
    }
}
