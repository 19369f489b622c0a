package io.llmd.scheduler.api;

import io.llmd.contracts.header.LlmdHeader;
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
import io.llmd.scheduler.scheduling.Scheduler;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The pipeline behind all doors: read the body and the headers, take a snapshot of the pool, decide, open a lease, tell the
 * plugins. Runs on the calling thread from start to end, blocks nowhere and never throws.
 */
public final class Director implements ScheduleDoor, ScheduleExplainer {

    private static final long RETRY_AFTER_MILLIS = 1000;
    private static final String PREFILL_PROFILE = "prefill";

    private final EndpointStore store;
    private final Supplier<SchedulingPlan> plans;
    private final Supplier<RequestParsers> parsers;
    private final Scheduler scheduler;
    private final Leases leases;
    private final InFlightTracker inFlight;
    private final Supplier<Resources> resources;
    private final DecisionListener listener;
    private final Recordings recordings;
    private final LongSupplier nanoClock;
    private volatile boolean shuttingDown;

    /**
     * The pipeline.
     *
     * @param plans gives the plan in force
     * @param parsers gives the parsers in force
     * @param inFlight the tracker that {@code leases} reports to
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
        this.resources = Objects.requireNonNull(resources, "resources");
        this.listener = Objects.requireNonNull(listener, "listener");
        this.recordings = new Recordings(records, leases, this.listener, this.resources);
        this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
    }

    /** From now on every request is rejected; reports are still taken. */
    public void shutDown() {
        shuttingDown = true;
    }

    @Override
    public QueuePlace schedule(ScheduleRequest request, Consumer<ScheduleOutcome> outcome) {
        outcome.accept(decided(request));
        return QueuePlace.NONE;
    }

    private ScheduleOutcome decided(ScheduleRequest request) {
        long start = nanoClock.getAsLong();
        String model = "";
        ScheduleOutcome outcome;
        DecisionRecording recording = recordings.begin(request.requestId(), start);
        DecisionRecorder recorder = Recordings.recorder(recording);
        try {
            Decided decided = decide(request, start, recorder);
            model = model(decided);
            outcome = switch (decided) {
                case Decided.Placed placed -> place(placed, recorder);
                case Decided.Refused refused -> refused.rejection();
            };
            recordings.decided(recording, request, decided, outcome);
        } catch (RuntimeException e) {
            listener.failed(e);
            outcome = rejection(
                    request, ScheduleRejection.Reason.INTERNAL, "the scheduler failed to decide", RETRY_AFTER_MILLIS);
        }
        listener.decided(outcome, model, nanoClock.getAsLong() - start);
        return outcome;
    }

    private static String model(Decided decided) {
        InferenceRequest request = switch (decided) {
            case Decided.Placed placed -> placed.request();
            case Decided.Refused refused -> refused.request();
        };
        return request == null ? "" : request.targetModel();
    }

    private Decided decide(ScheduleRequest request, long now, DecisionRecorder recorder) {
        if (shuttingDown) {
            return refused(request, ScheduleRejection.Reason.SHUTTING_DOWN, "the scheduler is going down");
        }
        recorder.begins(ExtensionPoint.REQUEST_PARSING, null, "parser");
        ParseOutcome parse = parsers.get().parse(request.path(), request.body());
        recorder.ends();
        return switch (parse) {
            case ParseOutcome.Malformed malformed ->
                refused(request, ScheduleRejection.Reason.BAD_REQUEST, malformed.message());
            case ParseOutcome.Parsed parsed ->
                decide(
                        request,
                        scheduler.process(plans.get(), Requests.of(request, parsed.body(), resources.get(), now)),
                        recorder);
        };
    }

    private Decided decide(ScheduleRequest request, InferenceRequest inference, DecisionRecorder recorder) {
        if (inference.targetModel().isEmpty() && !inference.body().model().isEmpty()) {
            return refused(request, ScheduleRejection.Reason.BAD_REQUEST, "model: missing (expected: a model)");
        }
        if (leases.isFull()) {
            return refused(request, ScheduleRejection.Reason.SATURATED, "too many requests are in flight");
        }
        SchedulingPlan plan = plans.get();
        Candidates candidates = Requests.candidates(request, store.snapshot());
        return switch (scheduler.schedule(plan, inference, candidates, recorder)) {
            case SchedulingOutcome.Rejected rejected ->
                new Decided.Refused(rejection(request, rejected), inference, plan, candidates);
            case SchedulingOutcome.Scheduled scheduled -> {
                Decided.Placed placed = new Decided.Placed(plan, inference, candidates, scheduled);
                yield Requests.wantsCached(request.headers()) && !isCached(placed)
                        ? new Decided.Refused(notCached(request), inference, plan, candidates)
                        : placed;
            }
        };
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

    private ScheduleDecision place(Decided.Placed placed, DecisionRecorder recorder) {
        ProfileOutcome.Picked primary = placed.outcome().primary();
        long leaseId =
                leases.open(placed.request().requestId(), primary.primary().id(), placed.plan());
        try {
            Dispatch dispatch = new Dispatch(leaseId);
            PrefixMatches matches = matches(placed.plan(), placed.candidates());
            inFlight.place(leaseId, placements(placed, matches));
            scheduler.scheduled(
                    placed.plan(), placed.request(), placed.candidates(), placed.outcome(), dispatch, recorder);
            return new ScheduleDecision(
                    placed.request().requestId(),
                    leaseId,
                    placed.request().targetModel(),
                    placed.outcome().primaryProfile(),
                    targets(primary.endpoints()),
                    prefix(placed.request(), matches, primary.primarySlot()),
                    dispatch.requestHeaders(),
                    dispatch.responseHeaders());
        } catch (RuntimeException e) {
            leases.abandon(leaseId);
            throw e;
        }
    }

    private static List<Placement> placements(Decided.Placed placed, @Nullable PrefixMatches matches) {
        List<Placement> placements = new ArrayList<>(placed.outcome().profiles().size());
        for (Map.Entry<String, ProfileOutcome.Picked> profile :
                placed.outcome().profiles().entrySet()) {
            ProfileOutcome.Picked picked = profile.getValue();
            PrefixMatch prefix = prefix(placed.request(), matches, picked.primarySlot());
            placements.add(new Placement(
                    picked.primary().id(),
                    prefix.promptTokens() - prefix.matchedTokens(),
                    profile.getKey().equals(PREFILL_PROFILE) ? Release.ALL : Release.TOKENS));
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
        long retryAfter = reason == ScheduleRejection.Reason.BAD_REQUEST ? 0 : RETRY_AFTER_MILLIS;
        return new Decided.Refused(rejection(request, reason, message, retryAfter), null, null, null);
    }

    private static ScheduleRejection notCached(ScheduleRequest request) {
        return rejection(
                request,
                ScheduleRejection.Reason.NOT_CACHED,
                "no endpoint holds a prefix of the prompt (" + LlmdHeader.PREFER.wireName() + ": if-available)",
                0);
    }

    private static ScheduleRejection rejection(ScheduleRequest request, SchedulingOutcome.Rejected rejected) {
        return switch (rejected.reason()) {
            case NO_ENDPOINTS ->
                rejection(request, ScheduleRejection.Reason.NO_ENDPOINTS, rejected.message(), RETRY_AFTER_MILLIS);
            case SATURATED ->
                rejection(request, ScheduleRejection.Reason.SATURATED, rejected.message(), RETRY_AFTER_MILLIS);
            case DENIED -> rejection(request, ScheduleRejection.Reason.DENIED, rejected.message(), RETRY_AFTER_MILLIS);
            case BAD_REQUEST -> rejection(request, ScheduleRejection.Reason.BAD_REQUEST, rejected.message(), 0);
            case NOT_CACHED -> rejection(request, ScheduleRejection.Reason.NOT_CACHED, rejected.message(), 0);
            case FAILED ->
                rejection(request, ScheduleRejection.Reason.INTERNAL, rejected.message(), RETRY_AFTER_MILLIS);
        };
    }

    private static ScheduleRejection rejection(
            ScheduleRequest request, ScheduleRejection.Reason reason, String message, long retryAfterMillis) {
        return new ScheduleRejection(request.requestId(), reason, message, retryAfterMillis);
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
            decided = decide(request, nanoClock.getAsLong(), recording);
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
