package io.llmd.scheduler.api;

import io.llmd.contracts.schedule.EndpointList;
import io.llmd.contracts.schedule.EndpointStatus;
import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.PrefixMatch;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.InFlightTracker;
import io.llmd.scheduler.datalayer.InFlightTracker.Placement;
import io.llmd.scheduler.datalayer.InFlightTracker.Release;
import io.llmd.scheduler.explain.DecisionLog;
import io.llmd.scheduler.explain.DecisionRecording;
import io.llmd.scheduler.explain.DryRun;
import io.llmd.scheduler.explain.Explanation;
import io.llmd.scheduler.flowcontrol.Admission;
import io.llmd.scheduler.flowcontrol.FlowControl;
import io.llmd.scheduler.flowcontrol.Ticket;
import io.llmd.scheduler.parser.ParseOutcome;
import io.llmd.scheduler.parser.RequestParsers;
import io.llmd.scheduler.resource.Resources;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.DecisionRecorder;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import io.llmd.scheduler.scheduling.ExtensionPoint;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.NamedPlugin;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.Scheduler;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The pipeline behind all doors: read the body and the headers, wait for admission, take a snapshot of the pool, decide,
 * open a lease, tell the plugins. Blocks nowhere and never throws.
 *
 * <p>A request that need not wait runs on the calling thread from start to end. One that waits is decided on the thread of
 * flow control, so that each decision sees the load of those before it, and the order of dispatch is that of the queues.
 */
public final class Director implements ScheduleDoor, ScheduleExplainer {

    private static final String NOBODY_ALLOWED = "no endpoint of the pool may be used for this request";
    private static final String TOO_MANY = "too many requests are in flight";

    private final EndpointStore store;
    private final Supplier<SchedulingPlan> plans;
    private final Supplier<RequestParsers> parsers;
    private final Scheduler scheduler;
    private final Leases leases;
    private final InFlightTracker inFlight;
    private final Admissions admissions;
    private final Evictions evictions;
    private final Supplier<Resources> resources;
    private final DecisionListener listener;
    private final Recordings recordings;
    private final LongSupplier nanoClock;
    private final AtomicInteger waiting = new AtomicInteger();

    /**
     * The pipeline.
     *
     * @param plans gives the plan in force
     * @param parsers gives the parsers in force
     * @param inFlight the tracker that {@code leases} reports to
     * @param admissions what a request passes before it is decided
     * @param evictions the requests that {@code admissions} ends
     * @param resources gives the objectives and rewrites in force
     * @param records takes records of decisions
     * @param nanoClock the clock that {@code store} uses
     */
    public Director(
            EndpointStore store,
            Supplier<SchedulingPlan> plans,
            Supplier<RequestParsers> parsers,
            Scheduler scheduler,
            Leases leases,
            InFlightTracker inFlight,
            Admissions admissions,
            Evictions evictions,
            Supplier<Resources> resources,
            DecisionListener listener,
            DecisionLog records,
            LongSupplier nanoClock) {
        this.store = Objects.requireNonNull(store, "store");
        this.plans = Objects.requireNonNull(plans, "plans");
        this.parsers = Objects.requireNonNull(parsers, "parsers");
        this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
        this.leases = Objects.requireNonNull(leases, "leases");
        this.inFlight = Objects.requireNonNull(inFlight, "inFlight");
        this.admissions = Objects.requireNonNull(admissions, "admissions");
        this.evictions = Objects.requireNonNull(evictions, "evictions");
        this.resources = Objects.requireNonNull(resources, "resources");
        this.listener = Objects.requireNonNull(listener, "listener");
        this.recordings = new Recordings(records, leases, this.listener, this.resources);
        this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
    }

    /** Requests that wait in flow control at present. */
    public int waiting() {
        return waiting.get();
    }

    /** From now on no request waits, and those that do are rejected; whatever need not wait is still taken. */
    public void shutDown() {
        admissions.close();
        evictions.close();
    }

    @Override
    public Runnable evictions(Evictions.Follower follower) {
        return evictions.follow(follower);
    }

    @Override
    public QueuePlace schedule(ScheduleRequest request, Consumer<ScheduleOutcome> outcome) {
        long start = nanoClock.getAsLong();
        Passage passage = new Passage(request, outcome, start, recordings.begin(request.requestId(), start));
        try {
            switch (read(request, start, passage.recorder())) {
                case Reading.Unreadable unreadable -> finish(passage, unreadable.refused());
                case Reading.Understood understood -> {
                    passage.read(understood.request());
                    admit(passage, understood.request());
                }
            }
        } catch (RuntimeException e) {
            fail(passage, e);
        }
        return passage.isOver() ? QueuePlace.NONE : passage;
    }

    private Reading read(ScheduleRequest request, long now, DecisionRecorder recorder) {
        recorder.begins(ExtensionPoint.REQUEST_PARSING, null, "parser");
        ParseOutcome parse = request.hasBody()
                ? parsers.get().parse(request.path(), request.headers(), request.body(), request.known())
                : new ParseOutcome.Parsed(RequestBody.NONE);
        recorder.ends();
        if (parse instanceof ParseOutcome.Malformed malformed) {
            return unreadable(request, ScheduleRejection.Reason.BAD_REQUEST, malformed.message());
        }
        RequestBody body = ((ParseOutcome.Parsed) parse).body();
        InferenceRequest inference = scheduler.process(plans.get(), Requests.of(request, body, resources.get(), now));
        if (inference.targetModel().isEmpty() && !body.model().isEmpty()) {
            return unreadable(request, ScheduleRejection.Reason.BAD_REQUEST, "model: missing (expected: a model)");
        }
        return new Reading.Understood(inference);
    }

    private static Reading unreadable(ScheduleRequest request, ScheduleRejection.Reason reason, String message) {
        return new Reading.Unreadable(refused(request, reason, message));
    }

    private void admit(Passage passage, InferenceRequest inference) {
        ScheduleRequest request = passage.request();
        Endpoint[] pool = store.snapshot();
        Endpoint[] allowed = Requests.allowed(request, pool);
        if (allowed.length == 0 && pool.length > 0) {
            finish(passage, refused(passage, ScheduleRejection.Reason.NO_ENDPOINTS, NOBODY_ALLOWED));
            return;
        }
        FlowControl queues = admissions.queues(inference.priority());
        if (queues == null) {
            if (admissions.isShed(inference.priority(), allowed)) {
                finish(passage, refused(passage, ScheduleRejection.Reason.SATURATED, "the pool is full"));
            } else {
                decide(passage, inference);
            }
            return;
        }
        passage.queued();
        waiting.incrementAndGet();
        Admission known = passage.submitted(queues.submit(Requests.flow(inference), admission -> {
            if (passage.admitted(admission)) {
                goOn(passage, inference, admission);
            }
        }));
        if (known != null) {
            goOn(passage, inference, known);
        }
    }

    private void goOn(Passage passage, InferenceRequest inference, Admission admission) {
        try {
            switch (admission) {
                case Admission.Dispatched dispatched -> {
                    passage.waited(dispatched.waited());
                    decide(passage, inference);
                }
                case Admission.Rejected rejected ->
                    finish(passage, refused(passage, rejected.reason(), rejected.retryAfter()));
                case Admission.Evicted evicted -> {
                    passage.waited(evicted.waited());
                    finish(passage, refused(passage, evicted.reason(), evicted.retryAfter()));
                }
            }
        } catch (RuntimeException e) {
            fail(passage, e);
        }
    }

    private static Decided.Refused refused(Passage passage, Admission.Reason reason, Duration retryAfter) {
        return new Decided.Refused(
                Rejections.of(passage.request(), reason, retryAfter), passage.inference(), null, null);
    }

    private static Decided.Refused refused(Passage passage, ScheduleRejection.Reason reason, String message) {
        return new Decided.Refused(Rejections.of(passage.request(), reason, message), passage.inference(), null, null);
    }

    private void decide(Passage passage, InferenceRequest inference) {
        if (leases.isFull()) {
            finish(passage, refused(passage, ScheduleRejection.Reason.SATURATED, TOO_MANY));
            return;
        }
        SchedulingPlan plan = plans.get();
        if (plan.tokenizer() == null) {
            choose(passage, plan, inference);
            return;
        }
        scheduler.tokenize(plan, inference, passage.recorder()).whenComplete((tokenized, failure) -> {
            try {
                if (failure == null) {
                    passage.read(tokenized);
                    choose(passage, plan, tokenized);
                } else {
                    fail(passage, new IllegalStateException(failure));
                }
            } catch (RuntimeException e) {
                fail(passage, e);
            }
        });
    }

    private void choose(Passage passage, SchedulingPlan plan, InferenceRequest inference) {
        Candidates candidates = Candidates.of(Requests.allowed(passage.request(), store.snapshot()));
        scheduler
                .scheduleWhenReady(plan, inference, candidates, passage.recorder())
                .whenComplete((outcome, failure) -> {
                    try {
                        if (failure == null) {
                            finish(passage, decided(passage.request(), plan, inference, candidates, outcome));
                        } else {
                            fail(passage, new IllegalStateException(failure));
                        }
                    } catch (RuntimeException e) {
                        fail(passage, e);
                    }
                });
    }

    private static Decided decided(
            ScheduleRequest request,
            SchedulingPlan plan,
            InferenceRequest inference,
            Candidates candidates,
            SchedulingOutcome outcome) {
        return switch (outcome) {
            case SchedulingOutcome.Rejected rejected ->
                new Decided.Refused(Rejections.of(request, rejected), inference, plan, candidates);
            case SchedulingOutcome.Scheduled scheduled -> {
                Decided.Placed placed = new Decided.Placed(plan, inference, candidates, scheduled);
                yield Requests.wantsCached(request.headers()) && !isCached(placed)
                        ? new Decided.Refused(Rejections.notCached(request), inference, plan, candidates)
                        : placed;
            }
        };
    }

    /** Everything that follows from a decision; the outcome goes out last. */
    private void finish(Passage passage, Decided decided) {
        ScheduleOutcome outcome = switch (decided) {
            case Decided.Placed placed -> place(passage, placed);
            case Decided.Refused refused -> {
                dropped(passage);
                yield refused.rejection();
            }
        };
        recordings.decided(passage.recording(), passage.request(), decided, outcome);
        Candidates candidates = decided.candidates();
        if (candidates != null) {
            candidates.over();
        }
        deliver(passage, outcome);
    }

    private void fail(Passage passage, RuntimeException failure) {
        listener.failed(failure);
        if (passage.leaseId() != 0) {
            leases.abandon(passage.leaseId());
        }
        dropped(passage);
        deliver(
                passage,
                Rejections.of(passage.request(), ScheduleRejection.Reason.INTERNAL, "the scheduler failed to decide"));
    }

    private void deliver(Passage passage, ScheduleOutcome outcome) {
        if (!passage.isOver()) {
            long nanos = nanoClock.getAsLong() - passage.startNanos() - passage.waitedNanos();
            listener.decided(outcome, passage.model(), nanos);
            if (passage.deliver(outcome) && passage.isQueued()) {
                waiting.decrementAndGet();
            }
        }
    }

    private static void dropped(Passage passage) {
        Ticket ticket = passage.ticket();
        if (ticket != null) {
            ticket.dropped();
        }
    }

    private static boolean isCached(Decided.Placed placed) {
        PrefixMatches matches = matches(placed.plan(), placed.candidates());
        return matches != null && matches.matchBlocks(placed.outcome().primary().primarySlot()) > 0;
    }

    /** The prefix matches of the first producer that made some. */
    private static @Nullable PrefixMatches matches(SchedulingPlan plan, Candidates candidates) {
        PrefixMatches matches = candidates.data(DataKeys.prefixMatches(""));
        if (matches != null) {
            return matches;
        }
        for (NamedPlugin<DataProducer> producer : plan.producers()) {
            for (DataKey<?> key : producer.plugin().produces()) {
                if (candidates.data(key) instanceof PrefixMatches found) {
                    return found;
                }
            }
        }
        return null;
    }

    private ScheduleDecision place(Passage passage, Decided.Placed placed) {
        ProfileOutcome.Picked primary = placed.outcome().primary();
        long leaseId =
                leases.open(placed.request().requestId(), primary.primary().id(), placed.plan());
        passage.leased(leaseId);
        Dispatch dispatch = new Dispatch(leaseId);
        PrefixMatches matches = matches(placed.plan(), placed.candidates());
        inFlight.place(leaseId, placements(placed, matches));
        scheduler.scheduled(
                placed.plan(), placed.request(), placed.candidates(), placed.outcome(), dispatch, passage.recorder());
        RoutingHeaders.removeForged(placed.request().headers(), dispatch);
        Ticket ticket = passage.ticket();
        if (ticket != null) {
            WaitHeaders.add(passage, dispatch);
            ticket.placed(leaseId, primary.primary().id());
        }
        return new ScheduleDecision(
                placed.request().requestId(),
                leaseId,
                placed.request().targetModel(),
                placed.outcome().primaryProfile(),
                targets(primary.endpoints()),
                prefix(placed.request(), matches, primary.primarySlot()),
                dispatch.requestHeaders(),
                dispatch.responseHeaders());
    }

    private static List<Placement> placements(Decided.Placed placed, @Nullable PrefixMatches matches) {
        List<String> preparing = placed.plan().handler().plugin().preparingProfiles();
        List<Placement> placements = new ArrayList<>(placed.outcome().profiles().size());
        for (Map.Entry<String, ProfileOutcome.Picked> profile :
                placed.outcome().profiles().entrySet()) {
            ProfileOutcome.Picked picked = profile.getValue();
            PrefixMatch prefix = prefix(placed.request(), matches, picked.primarySlot());
            placements.add(new Placement(
                    picked.primary().id(),
                    prefix.promptTokens() - prefix.matchedTokens(),
                    preparing.contains(profile.getKey()) ? Release.ALL : Release.TOKENS));
        }
        return placements;
    }

    private static PrefixMatch prefix(InferenceRequest request, @Nullable PrefixMatches matches, int slot) {
        int promptTokens = request.body().promptTokens();
        if (matches == null) {
            return new PrefixMatch(0, promptTokens);
        }
        long matched = (long) matches.matchBlocks(slot) * matches.blockTokens(slot);
        return new PrefixMatch((int) Math.min(matched, promptTokens), promptTokens);
    }

    private static List<TargetEndpoint> targets(List<Endpoint> endpoints) {
        List<TargetEndpoint> targets = new ArrayList<>(endpoints.size());
        for (int i = 0; i < endpoints.size(); i++) {
            targets.add(target(endpoints.get(i).metadata()));
        }
        return targets;
    }

    private static TargetEndpoint target(EndpointMetadata endpoint) {
        return new TargetEndpoint(endpoint.id(), endpoint.host(), endpoint.port());
    }

    private static Decided.Refused refused(ScheduleRequest request, ScheduleRejection.Reason reason, String message) {
        return new Decided.Refused(Rejections.of(request, reason, message), null, null, null);
    }

    @Override
    public void report(OutcomeReport report) {
        listener.reported(leases.report(report));
    }

    @Override
    public EndpointList endpoints() {
        long now = nanoClock.getAsLong();
        List<EndpointStatus> statuses = new ArrayList<>();
        for (Endpoint endpoint : store.snapshot()) {
            statuses.add(new EndpointStatus(
                    target(endpoint.metadata()),
                    endpoint.metadata().labels(),
                    endpoint.fresh(),
                    ageMillis(endpoint.metrics(), now),
                    endpoint.runningRequests(),
                    endpoint.waitingRequests(),
                    endpoint.kvCacheUsage(),
                    inFlight.requests(endpoint.id()),
                    inFlight.tokens(endpoint.id())));
        }
        return new EndpointList(statuses);
    }

    private static long ageMillis(EndpointMetrics metrics, long now) {
        return metrics.isKnown() ? Math.max(0, (now - metrics.updatedNanos()) / 1_000_000) : -1;
    }

    @Override
    public Explanation explain(ScheduleRequest request) {
        DecisionRecording recording = new DecisionRecording(nanoClock, nanoClock.getAsLong());
        Decided decided;
        try {
            decided = decideAtOnce(request, nanoClock.getAsLong(), recording);
        } catch (RuntimeException e) {
            listener.failed(e);
            decided = refused(request, ScheduleRejection.Reason.INTERNAL, "the scheduler failed to decide");
        }
        DryRun run = switch (decided) {
            case Decided.Placed placed ->
                new DryRun(
                        recording,
                        Recordings.verdict(placed),
                        placed.request(),
                        placed.plan(),
                        placed.candidates(),
                        loads(placed.candidates()),
                        recordings.plugins());
            case Decided.Refused refused ->
                new DryRun(
                        recording,
                        Recordings.verdict(refused.rejection()),
                        refused.request(),
                        refused.plan(),
                        refused.candidates(),
                        loads(refused.candidates()),
                        recordings.plugins());
        };
        return run.explanation(request.requestId());
    }

    /** As if the request did not have to wait, and without what follows from a decision. */
    private Decided decideAtOnce(ScheduleRequest request, long now, DecisionRecorder recorder) {
        return switch (read(request, now, recorder)) {
            case Reading.Unreadable unreadable -> unreadable.refused();
            case Reading.Understood understood -> {
                SchedulingPlan plan = plans.get();
                Candidates candidates = Candidates.of(Requests.allowed(request, store.snapshot()));
                yield decided(
                        request,
                        plan,
                        understood.request(),
                        candidates,
                        scheduler.schedule(plan, understood.request(), candidates, recorder));
            }
        };
    }

    private @Nullable InFlightLoads loads(@Nullable Candidates candidates) {
        if (candidates == null) {
            return null;
        }
        InFlightLoads loads = new InFlightLoads(candidates.slotCount());
        for (int slot = 0; slot < candidates.slotCount(); slot++) {
            String id = candidates.atSlot(slot).id();
            loads.set(slot, inFlight.requests(id), inFlight.tokens(id));
        }
        return loads;
    }
}
