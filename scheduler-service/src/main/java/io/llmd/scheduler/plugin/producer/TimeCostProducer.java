package io.llmd.scheduler.plugin.producer;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.scheduler.datalayer.EndpointMemories;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.InFlightTracker;
import io.llmd.scheduler.datalayer.InFlightTracker.Placement;
import io.llmd.scheduler.datalayer.InFlightTracker.Release;
import io.llmd.scheduler.datalayer.InFlightTrackers;
import io.llmd.scheduler.datalayer.PerEndpoint;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.AskedTimes;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.LatencyObjectives;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.ResponseHook;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.ServedPhases;
import io.llmd.scheduler.scheduling.TimeCosts;
import io.llmd.scheduler.scheduling.TimeCosts.Part;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Says in milliseconds what a request would cost on each endpoint: waiting for others, computing what is missing of its prompt
 * or reading it from another endpoint, how much longer answers take, how much longer later requests wait, and what is lost from
 * the cache; and what it costs that answers miss the times which requests, or else the parameters, ask for. How fast endpoints are is
 * learnt from outcomes. O(n).
 *
 * <p>Grows with the attempts in flight, which the leases bound, and with the endpoints of the pool, up to a bound beyond which new
 * ones cost what an idle endpoint does. An endpoint that goes or is started anew is forgotten; what was placed there ends on an
 * object that no decision reads.
 */
final class TimeCostProducer implements DataProducer, PreRequest, ResponseHook, EndpointMemories.Memory {

    /** Attempts that are older than any lease never end; they are dropped. */
    static final Duration LONGEST_ATTEMPT = Duration.ofDays(1);

    private static final double MILLIS = 1e3;
    private static final double NANOS_PER_MILLI = 1e6;
    private static final double MICROS_PER_MILLI = 1e3;

    /**
     * @param transferTokensPerSecond tokens whose blocks an endpoint reads from another one in a second; 0 when it cannot. With
     *     it an endpoint without prefill may also have its prompts computed by one for prefill
     * @param transferMs time of such a reading besides
     * @param timeToFirstTokenMs time to the first token that requests are held to which ask for no times, besides the next; 0 for
     *     none
     * @param timeToFirstTokenFactor added to it where it is not 0: so many times as long as computing the whole prompt takes
     * @param timePerOutputTokenMs mean time between tokens that these are held to; 0 for none
     * @param prefillProfile profile whose endpoint computes the prompt when it ran; else the primary one does
     * @param prefixMatchInfoProducerName producer of prefix matches, empty for the default
     */
    record Params(
            @Default("0") double transferTokensPerSecond,
            @Default("30") double transferMs,
            @Default("1000") double timeToFirstTokenMs,
            @Default("1.5") double timeToFirstTokenFactor,
            @Default("50") double timePerOutputTokenMs,
            @Default("prefill") String prefillProfile,
            @Default("") String prefixMatchInfoProducerName) {
        Params {
            notNegative("transferTokensPerSecond", transferTokensPerSecond);
            notNegative("transferMs", transferMs);
            notNegative("timeToFirstTokenMs", timeToFirstTokenMs);
            notNegative("timeToFirstTokenFactor", timeToFirstTokenFactor);
            notNegative("timePerOutputTokenMs", timePerOutputTokenMs);
        }

        private static void notNegative(String name, double value) {
            if (!(value >= 0) || Double.isInfinite(value)) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: finite, >= 0)");
            }
        }
    }

    /** What an attempt is to one endpoint. */
    private record Share(EndpointWork work, EndpointWork.Attempt attempt) {}

    /**
     * An attempt in flight.
     *
     * @param answering share of the endpoint that answers
     * @param computing share of the one that computes the prompt for it; {@code null} when the same one does
     * @param isStreamed whether the beginning of the answer is seen
     * @param at when it was placed, in milliseconds of the clock
     */
    private record Placed(Share answering, @Nullable Share computing, boolean isStreamed, double at) {

        private Placed withoutComputing() {
            return new Placed(answering, null, isStreamed, at);
        }

        private void computingEnded(double now) {
            if (computing != null) {
                computing.work().ended(computing.attempt(), 0, 0, false, now);
            }
        }
    }

    private final Params params;
    private final LongSupplier nanoClock;
    private final DataKey<TimeCosts> costsKey;
    private final DataKey<PrefixMatches> matchesKey;
    private final InFlightTracker tracker;
    private final FleetTimes fleet = new FleetTimes();
    private final PerEndpoint<EndpointWork> endpoints;
    private final ConcurrentNavigableMap<Long, Placed> attempts = new ConcurrentSkipListMap<>();

    /** @param isInPool whether an endpoint of an id is there */
    TimeCostProducer(
            String name, Params params, InFlightTracker tracker, Predicate<String> isInPool, LongSupplier nanoClock) {
        endpoints = new PerEndpoint<>(isInPool, () -> new EndpointWork(fleet));
        this.params = params;
        this.tracker = tracker;
        this.nanoClock = nanoClock;
        costsKey = DataKeys.timeCosts(name);
        matchesKey = DataKeys.prefixMatches(params.prefixMatchInfoProducerName());
    }

    @Override
    public List<DataKey<?>> produces() {
        return List.of(costsKey);
    }

    @Override
    public List<DataKey<?>> requires() {
        return List.of(matchesKey);
    }

    private double now() {
        return nanoClock.getAsLong() / NANOS_PER_MILLI;
    }

    @Override
    public void forget(String endpointId) {
        endpoints.forget(endpointId);
    }

    /** Attempts that have not ended. */
    int attempts() {
        return attempts.size();
    }

    @Override
    public void produce(InferenceRequest request, Candidates candidates) {
        candidates.put(costsKey, costs(request, candidates));
    }

    private TimeCosts costs(InferenceRequest request, Candidates candidates) {
        double now = now();
        PrefixMatches matches = candidates.data(matchesKey);
        long promptTokens = Math.max(1, request.body().promptTokens());
        FleetTimes.Traffic traffic = fleet.traffic(now, Math.max(candidates.size(), endpoints.size()));
        long most = mostHeld(matches, candidates, promptTokens);
        AskedTimes asked = asked(request);
        Misses misses = fleet.misses();
        EndpointWork.Question question = new EndpointWork.Question(
                promptTokens,
                most,
                outputTokens(request, traffic),
                request.body().answers(),
                misses,
                now);
        TimeCosts costs = TimeCosts.lent(candidates.slotCount());
        costs.setAsked(asked);
        EndpointWork.View view = new EndpointWork.View();
        double computedAt = soonestPrefill(candidates, matches, question, view);
        double leastAnswers = Double.POSITIVE_INFINITY;
        double leastMisses = Double.POSITIVE_INFINITY;
        double queues = 0;
        double memoryQueues = 0;
        for (int i = 0; i < candidates.size(); i++) {
            int slot = candidates.slot(i);
            Endpoint endpoint = candidates.get(i);
            long held = held(matches, slot, promptTokens);
            view(endpoint, question, held, view);
            double handoff = ServedPhases.prefills(endpoint)
                    ? Double.POSITIVE_INFINITY
                    : computedAt + transferMillis(promptTokens - held);
            if (handoff < Math.max(view.queueMillis(), view.memoryMillis()) + view.prefillMillis()) {
                costs.setUncached(slot, promptTokens - held);
                costs.set(slot, Part.QUEUE, view.memoryMillis());
                costs.set(slot, Part.TRANSFER, handoff);
                costs.set(slot, Part.ANSWERS, view.answersMillis() - view.standStillMillis());
            } else {
                boolean pulls = setCompute(costs, slot, view, most - held);
                costs.setUncached(slot, promptTokens - (pulls ? most : held));
                costs.set(slot, Part.QUEUE, Math.max(view.queueMillis(), view.memoryMillis()));
                costs.set(slot, Part.ANSWERS, view.answersMillis());
            }
            setAfter(costs, slot, view, traffic);
            setMisses(costs, slot, view, misses, asked.objectives());
            leastMisses = Math.min(leastMisses, costs.of(slot, Part.MISSES));
            leastAnswers = Math.min(leastAnswers, costs.of(slot, Part.ANSWERS));
            queues += costs.of(slot, Part.QUEUE);
            memoryQueues += view.memoryMillis();
        }
        double queue = queues / candidates.size();
        double memoryPrice = traffic.memoryPrice(memoryQueues / candidates.size());
        for (int i = 0; i < candidates.size(); i++) {
            int slot = candidates.slot(i);
            double compute = costs.of(slot, Part.PREFILL);
            double holds = costs.of(slot, Part.DELAY);
            double answers = costs.of(slot, Part.ANSWERS) - leastAnswers;
            double computePrice = traffic.computePrice(queue + compute / 2);
            costs.set(slot, Part.DELAY, compute * computePrice + holds * memoryPrice);
            costs.set(slot, Part.DISPLACED, costs.of(slot, Part.DISPLACED) * (1 + computePrice));
            costs.set(slot, Part.ANSWERS, traffic.firstTokenShare() * answers);
            if (leastMisses > 0) {
                costs.set(slot, Part.MISSES, costs.of(slot, Part.MISSES) - leastMisses);
            }
        }
        return costs;
    }

    private AskedTimes asked(InferenceRequest request) {
        LatencyObjectives own = LatencyObjectives.of(request);
        return new AskedTimes(
                own.isAny() ? own : usual(Math.max(1, request.body().promptTokens())),
                own.isAny(),
                request.body().answers());
    }

    private LatencyObjectives usual(long promptTokens) {
        double firstToken = params.timeToFirstTokenMs() == 0
                ? 0
                : params.timeToFirstTokenMs() + params.timeToFirstTokenFactor() * fleet.promptMillis(promptTokens);
        return new LatencyObjectives(firstToken, params.timePerOutputTokenMs());
    }

    private static double outputTokens(InferenceRequest request, FleetTimes.Traffic traffic) {
        int most = request.body().maxOutputTokens();
        return most < 0 ? traffic.outputTokens() : Math.min(traffic.outputTokens(), most);
    }

    /** The last token of a prompt is always computed. */
    private static long mostHeld(@Nullable PrefixMatches matches, Candidates candidates, long promptTokens) {
        long most = 0;
        for (int i = 0; matches != null && i < candidates.size(); i++) {
            most = Math.max(most, held(matches, candidates.slot(i), promptTokens));
        }
        return most;
    }

    /** What is on its way there counts, though not in full, as the producer of matches says. */
    private static long held(@Nullable PrefixMatches matches, int slot, long promptTokens) {
        if (matches == null) {
            return 0;
        }
        long expected = (long) matches.matchBlocks(slot) * matches.blockTokens(slot);
        return Math.min(Math.max(matches.cachedTokens(slot), expected), promptTokens - 1);
    }

    /** Memory is held so long, and so much is computed again; what these cost, the queues of all say. */
    private static void setAfter(TimeCosts costs, int slot, EndpointWork.View view, FleetTimes.Traffic traffic) {
        costs.set(slot, Part.DELAY, view.memoryWorkMillis());
        costs.set(slot, Part.FAILURES, view.failureMillis());
        if (view.isFull()) {
            costs.set(slot, Part.DISPLACED, (view.prefillMillis() + view.computeMissesMillis()) * traffic.reuse() / 2);
        }
    }

    /** Answers that miss what they are held to: this one, and those that run there. */
    private static void setMisses(
            TimeCosts costs, int slot, EndpointWork.View view, Misses misses, LatencyObjectives asked) {
        costs.setTokenMillis(slot, view.tokenMillis());
        costs.set(
                slot,
                Part.MISSES,
                misses.cost(asked, costs.firstTokenMillis(slot), view.tokenMillis()) + view.otherMissesMillis());
    }

    private void view(Endpoint endpoint, EndpointWork.Question question, long held, EndpointWork.View view) {
        endpoints.of(endpoint.id()).view(endpoint, question, held, tracker.foreignTokens(endpoint.id()), view);
    }

    /** When the first of the endpoints that are for prefill alone would have computed the prompt; infinite without any. */
    private double soonestPrefill(
            Candidates candidates,
            @Nullable PrefixMatches matches,
            EndpointWork.Question question,
            EndpointWork.View view) {
        double soonest = Double.POSITIVE_INFINITY;
        for (int i = 0; params.transferTokensPerSecond() > 0 && i < candidates.size(); i++) {
            Endpoint endpoint = candidates.get(i);
            if (ServedPhases.prefills(endpoint) && !ServedPhases.decodes(endpoint)) {
                view(endpoint, question, held(matches, candidates.slot(i), question.promptTokens()), view);
                double queue = Math.max(view.queueMillis(), view.memoryMillis());
                soonest = Math.min(soonest, queue + view.prefillMillis() + view.failureMillis());
            }
        }
        return soonest;
    }

    /** To read the blocks of so many tokens from another endpoint. */
    private double transferMillis(long tokens) {
        return params.transferTokensPerSecond() == 0
                ? Double.POSITIVE_INFINITY
                : params.transferMs() + MILLIS * tokens / params.transferTokensPerSecond();
    }

    /**
     * Whatever takes less: computing what is missing, or reading from another endpoint what that holds.
     *
     * @return whether it is read
     */
    private boolean setCompute(TimeCosts costs, int slot, EndpointWork.View view, long heldElsewhere) {
        double transfer = heldElsewhere <= 0 ? Double.POSITIVE_INFINITY : transferMillis(heldElsewhere);
        boolean pulls = transfer + view.restMillis() < view.prefillMillis();
        costs.set(slot, Part.PREFILL, pulls ? view.restMillis() : view.prefillMillis());
        if (pulls) {
            costs.set(slot, Part.TRANSFER, transfer);
        }
        return pulls;
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        double now = now();
        TimeCosts costs = candidates.data(costsKey);
        ProfileOutcome.Picked primary = outcome.primary();
        ProfileOutcome.Picked prefill = outcome.profiles().getOrDefault(params.prefillProfile(), primary);
        long tokens = Math.max(1, request.body().promptTokens());
        long cached = costs == null ? 0 : tokens - costs.uncached(prefill.primarySlot());
        boolean isWatched = request.body().stream();
        int answers = request.body().answers();
        EndpointWork.Asked asked = costs == null
                ? EndpointWork.Asked.NOTHING
                : new EndpointWork.Asked(costs.asked().objectives(), costs.firstTokenMillis(primary.primarySlot()));
        EndpointWork computing = endpoints.of(prefill.primary().id());
        dropOld(now);
        Placed placed;
        if (prefill.primary().id().equals(primary.primary().id())) {
            EndpointWork.Attempt both = computing.add(tokens, cached, isWatched, answers, asked, now);
            fleet.placed(
                    both.millis(), computing.memoryWork(both, fleet.outputTokens(), now), cached, tokens - cached, now);
            placed = new Placed(new Share(computing, both), null, isWatched, now);
        } else {
            EndpointWork.Attempt first = computing.addForAnother(tokens, cached, isWatched, now);
            EndpointWork answering = endpoints.of(primary.primary().id());
            long held = costs == null ? 0 : tokens - costs.uncached(primary.primarySlot());
            EndpointWork.Attempt second = answering.await(tokens, held, isWatched, answers, asked, now);
            fleet.placed(
                    first.millis(),
                    answering.memoryWork(second, fleet.outputTokens(), now),
                    cached,
                    tokens - cached,
                    now);
            placed = new Placed(new Share(answering, second), new Share(computing, first), isWatched, now);
        }
        attempts.put(dispatch.leaseId(), placed);
        tracker.place(
                dispatch.leaseId(), List.of(new Placement(prefill.primary().id(), tokens - cached, Release.TOKENS)));
    }

    /** Lease ids rise, so the oldest attempt is the first. */
    private void dropOld(double now) {
        for (Map.Entry<Long, Placed> first = attempts.firstEntry();
                first != null && now - first.getValue().at() > LONGEST_ATTEMPT.toMillis();
                first = attempts.firstEntry()) {
            Placed placed = first.getValue();
            if (attempts.remove(first.getKey(), placed)) {
                tracker.ended(first.getKey());
                placed.computingEnded(now);
                placed.answering().work().ended(placed.answering().attempt(), 0, 0, false, now);
            }
        }
    }

    @Override
    public void started(long leaseId, OutcomeReport report) {
        tracker.started(leaseId);
        Placed placed = attempts.get(leaseId);
        if (placed == null) {
            return;
        }
        double now = now();
        Share computing = placed.computing();
        if (computing != null && attempts.replace(leaseId, placed, placed.withoutComputing())) {
            if (report.fallback() == null) {
                computing.work().started(computing.attempt(), now);
            }
            placed.computingEnded(now);
        }
        placed.answering().work().started(placed.answering().attempt(), now);
    }

    @Override
    public void ended(long leaseId, OutcomeReport report) {
        tracker.ended(leaseId);
        Placed placed = attempts.remove(leaseId);
        if (placed == null) {
            return;
        }
        double firstToken = report.timeToFirstTokenMicros() / MICROS_PER_MILLI;
        double whole = report.durationMicros() / MICROS_PER_MILLI;
        int tokens = report.usage().completionTokens();
        boolean isComplete = report.cause() == Cause.NATURAL && firstToken > 0 && whole > 0;
        double now = now();
        placed.computingEnded(now);
        placed.answering()
                .work()
                .ended(
                        placed.answering().attempt(),
                        isComplete ? tokens : 0,
                        whole - firstToken,
                        report.cause() == Cause.ERROR || report.cause() == Cause.UNKNOWN,
                        now);
        if (placed.isStreamed() && isComplete && tokens > 0) {
            fleet.answered(
                    firstToken,
                    whole,
                    Math.max(1, tokens / placed.answering().attempt().answers()));
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {

        private final EndpointStore store;
        private final InFlightTrackers trackers;
        private final EndpointMemories memories = new EndpointMemories();

        Factory(EndpointStore store, InFlightTrackers trackers) {
            this.store = store;
            this.trackers = trackers;
            store.addListener(memories);
        }

        @Override
        public String type() {
            return DataKeys.TIME_COST_PRODUCER;
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public TimeCostProducer create(String name, Params params) {
            return memories.remembering(new TimeCostProducer(
                    name, params, trackers.named(name), id -> store.find(id) != null, store::nanoTime));
        }
    }
}
