package io.llmd.simulator.engine;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One engine: continuous batching with chunked prefill over a pool of KV blocks with a prefix cache, as in vLLM v1.
 *
 * <p>The engine has no clock and no thread. Time is whatever the caller says, in nanoseconds, and must not go back.
 * Equal settings and calls give equal events. Not thread-safe.
 *
 * <p>A step is planned when it starts and takes effect when it ends; {@link BatchPlanner} says what it computes. Blocks
 * that a step fills can be found from its start, as in vLLM, so that equal prompts in one step share them. What arrives
 * during a step waits for its end.
 */
public final class Engine {
    private static final long SHORTEST_STEP_NANOS = 1_000;
    private static final long NO_EVENT = Long.MAX_VALUE;

    private final EngineSettings settings;
    private final BlockResidency residency;
    private final BlockPool pool;
    private final BatchPlanner planner;
    private final LeaseTable leases = new LeaseTable();
    private final Map<Long, Sequence> sequences = new HashMap<>();
    private final Deque<Sequence> arriving = new ArrayDeque<>();
    private final Deque<EngineEvent> undelivered = new ArrayDeque<>();
    private final Step step = new Step();
    private final DecodeRun decodeRun;
    private boolean stepInFlight;
    private boolean stepDue;
    private long stepStart;
    private long stepEnd;
    private long time = Long.MIN_VALUE;
    private LatencyModel latency;
    private double slowFactor = 1;
    private long leaseNanos;
    private @Nullable PauseMode pause;
    private SleepState sleepState = SleepState.AWAKE;
    private int withAdapter;
    private long steps;
    private long allPromptTokens;
    private long allCachedTokens;
    private long allOutputTokens;
    private long finished;
    private long aborted;
    private long failed;
    private long expiredLeases;
    private int leftWaiting;
    private int reportedRunning;
    private int reportedWaiting;
    private int reportedDeferred;
    private int reportedBlocks;

    public Engine(EngineSettings settings) {
        this.settings = settings;
        latency = settings.latency();
        leaseNanos = usualLease(settings);
        residency = new BlockResidency(settings.blockSample(), settings.seed());
        pool = new BlockPool(settings.blocks(), residency);
        planner = new BatchPlanner(settings, pool);
        decodeRun = new DecodeRun(planner, pool, settings.blockTokens());
    }

    /**
     * Takes a request in. It is looked at by the first step that starts at {@code now} or later.
     *
     * @throws IllegalArgumentException if the id is in use or the sequence would exceed the model length
     */
    public void submit(EngineRequest request, long now) {
        moveTo(now);
        if ((long) request.prompt().length + request.outputLength() > settings.maxModelLen()) {
            throw new IllegalArgumentException("request " + request.id() + ": " + request.prompt().length + " + "
                    + request.outputLength() + " tokens (expected: <= " + settings.maxModelLen() + ")");
        }
        long ready = now + scaled(latency.apiNanos());
        Sequence last = arriving.peekLast();
        int mostBlocks = settings.blocksFor(request.prompt().length + request.outputLength());
        Sequence sequence =
                new Sequence(request, mostBlocks, now, last == null ? ready : Math.max(ready, last.readyAt));
        if (sequences.putIfAbsent(request.id(), sequence) != null) {
            throw new IllegalArgumentException("request " + request.id() + " is in the engine already");
        }
        withAdapter += request.adapter() == null ? 0 : 1;
        arriving.addLast(sequence);
    }

    /**
     * Ends a request. Its blocks are free at once and no token of it follows; the {@link EngineEvent.Finished} event is
     * delivered by the next {@link #advance}.
     *
     * @return false if the request has ended already
     */
    public boolean abort(long requestId, long now) {
        moveTo(now);
        decodeRun.close();
        Sequence sequence = sequences.get(requestId);
        if (sequence == null) {
            return false;
        }
        leave(sequence, FinishReason.ABORT);
        return true;
    }

    /**
     * Says that the blocks a sequence waits for have come, or cannot be had; see {@link EngineEvent.LoadWanted}.
     *
     * @return false if the request waits for none
     */
    public boolean completeLoad(long requestId, boolean loaded, long now) {
        moveTo(now);
        Sequence sequence = sequences.get(requestId);
        if (sequence == null || sequence.status != Sequence.Status.LOADING) {
            return false;
        }
        stepDue = true;
        sequence.status = Sequence.Status.WAITING;
        if (loaded) {
            arrived(sequence, sequence.request.remoteTokens() - sequence.computed);
        } else if (settings.loadFailure() == LoadFailurePolicy.RECOMPUTE) {
            sequence.restart(pool);
        } else {
            leave(sequence, FinishReason.ERROR);
        }
        return true;
    }

    /**
     * Says that some of the blocks a sequence waits for have come, from the first one on; the rest is computed.
     *
     * @param tokens that came, at most those that were wanted
     * @return false if the request waits for none
     */
    public boolean completePartialLoad(long requestId, int tokens, long now) {
        moveTo(now);
        Sequence sequence = sequences.get(requestId);
        if (sequence == null || sequence.status != Sequence.Status.LOADING) {
            return false;
        }
        stepDue = true;
        sequence.status = Sequence.Status.WAITING;
        arrived(sequence, tokens);
        return true;
    }

    private static void arrived(Sequence sequence, int tokens) {
        sequence.loadedTokens = tokens;
        sequence.computed = Math.min(sequence.computed + tokens, sequence.known() - 1);
        sequence.loaded = true;
    }

    /**
     * Gives blocks back that are held for another engine.
     *
     * @return false if they are free already
     */
    public boolean endLease(long requestId, LeaseEnd cause, long now) {
        moveTo(now);
        if (!leases.end(requestId, pool)) {
            return false;
        }
        stepDue = true;
        expiredLeases += cause == LeaseEnd.EXPIRED ? 1 : 0;
        undelivered.addLast(new EngineEvent.LeaseEnded(requestId, cause, now));
        return true;
    }

    /** Holds blocks for another engine until {@code deadline} at least; false if they are free already. */
    public boolean extendLease(long requestId, long deadline, long now) {
        moveTo(now);
        return leases.extend(requestId, deadline);
    }

    /**
     * Makes a request stay where it waits until {@link #release}, though it could run.
     *
     * @return false if it is running, or has ended
     */
    public boolean hold(long requestId) {
        Sequence sequence = sequences.get(requestId);
        if (sequence == null || sequence.status == Sequence.Status.RUNNING) {
            return false;
        }
        sequence.onHold = true;
        return true;
    }

    /** Ends a {@link #hold}; false if there is none. */
    public boolean release(long requestId, long now) {
        moveTo(now);
        Sequence sequence = sequences.get(requestId);
        if (sequence == null || !sequence.onHold) {
            return false;
        }
        sequence.onHold = false;
        stepDue = true;
        return true;
    }

    /** Whether the embeddings of a media item are cached. */
    public boolean hasEmbeddings(String hash) {
        return planner.encoder().has(hash);
    }

    /** Caches the embeddings of a media item that another engine sent. */
    public void keepEmbeddings(MediaKey item) {
        planner.encoder().keep(item);
    }

    /** Whether blocks of a request that has ended are held for another engine. */
    public boolean holdsBlocksOf(long requestId) {
        return leases.holds(requestId);
    }

    /** Makes waiting requests stay where they are until {@link #resume}. */
    public void pause(PauseMode mode, long now) {
        moveTo(now);
        decodeRun.close();
        pause = mode;
        if (mode == PauseMode.ABORT) {
            List.copyOf(sequences.values()).forEach(sequence -> leave(sequence, FinishReason.ABORT));
        }
    }

    /** Ends a pause. */
    public void resume(long now) {
        moveTo(now);
        pause = null;
        stepDue = true;
    }

    /** Pauses and gives device memory up; what was cached is lost. Requests that stay are computed again. */
    public void sleep(SleepState state, PauseMode mode, long now) {
        pause(mode, now);
        sleepState = state;
        if (state == SleepState.WEIGHTS_OFFLOADED || state == SleepState.DISCARD_ALL) {
            dropBlocks(now);
            planner.encoder().clear();
        }
    }

    /** Ends a sleep and its pause. */
    public void wake(long now) {
        resume(now);
        sleepState = SleepState.AWAKE;
    }

    /**
     * Forgets what is cached.
     *
     * @param restartRunning whether requests that hold blocks give them up first and are computed again
     * @return false if blocks are in use, and then nothing is forgotten
     */
    public boolean resetPrefixCache(boolean restartRunning, long now) {
        moveTo(now);
        decodeRun.close();
        if (restartRunning) {
            restartRunning(now);
        }
        if (pool.held() > 0) {
            return false;
        }
        forgetContents(now);
        return true;
    }

    /** Forgets embeddings of media. */
    public void resetEncoderCache() {
        planner.encoder().clear();
    }

    /** Brings an adapter into host memory ahead of its first use. */
    public void keepAdapter(String adapter) {
        planner.adapters().keep(adapter);
    }

    /** Forgets an adapter, so that its next use loads it. */
    public void forgetAdapter(String adapter) {
        planner.adapters().forget(adapter);
    }

    /**
     * Makes blocks unusable, as if something else took their memory: those that are free at once, others as they become
     * free. What they have cached is lost. Requests that do not fit any longer wait.
     *
     * @param blocks how many of them, in [0, {@link EngineSnapshot#totalBlocks()}]; 0 makes all usable again
     */
    public void withhold(int blocks, long now) {
        moveTo(now);
        if (blocks < 0 || blocks > pool.total()) {
            throw new IllegalArgumentException("blocks: " + blocks + " (expected: 0 to " + pool.total() + ")");
        }
        pool.withhold(blocks);
        stepDue = true;
    }

    /** Factor on the duration of the steps that start from now on; 1 is normal. */
    public void slowFactor(double factor) {
        if (!(factor > 0) || Double.isInfinite(factor)) {
            throw new IllegalArgumentException("slowFactor: " + factor + " (expected: > 0)");
        }
        slowFactor = factor;
    }

    /** How long the steps take that start from now on, and requests that arrive from now on before their first one. */
    public void latency(LatencyModel value) {
        latency = Objects.requireNonNull(value, "latency");
    }

    /** How long blocks are held that another engine shall read, for the requests that end from now on. */
    public void lease(long nanos) {
        if (nanos < 0) {
            throw new IllegalArgumentException("lease: " + nanos + " ns (expected: >= 0)");
        }
        leaseNanos = nanos;
    }

    /** Holds such blocks as long again as the settings say. */
    public void usualLease() {
        leaseNanos = usualLease(settings);
    }

    private static long usualLease(EngineSettings settings) {
        return Math.round(settings.leaseNanos() * settings.timeScale());
    }

    /** When {@link #advance} has something to do next; {@link Long#MAX_VALUE} if nothing happens by itself. */
    public long nextEventTime() {
        return undelivered.isEmpty() ? nextOwnEvent() : time;
    }

    private long nextOwnEvent() {
        if (stepDue && !stepInFlight) {
            return time;
        }
        long next = stepInFlight ? stepEnd : NO_EVENT;
        Sequence first = arriving.peekFirst();
        return Math.min(first == null ? next : Math.min(next, first.readyAt), leases.nextDeadline());
    }

    /** Does everything that is due at {@code now} or before, each at its own time, and tells the sink in order. */
    public void advance(long now, EngineSink sink) {
        deliver(sink);
        for (long next = nextOwnEvent(); next <= now; next = nextOwnEvent()) {
            time = Math.max(time, next);
            endExpiredLeases(sink);
            if (stepInFlight && stepEnd <= time && !repeatStep(sink)) {
                completeStep(sink);
            }
            queueArrivals();
            if (!stepInFlight && stepDue) {
                startStep(sink);
            }
        }
        moveTo(now);
    }

    /** The state after the last call. */
    public EngineSnapshot snapshot() {
        return snapshot(
                arriving.size(),
                planner.waiting().size(),
                planner.deferredCount(),
                planner.running().size(),
                pool.used());
    }

    /**
     * The state as vLLM's gauges tell it, which are set at the end of a step: what came during the step under way is not
     * in them, nor what that step took in.
     */
    public EngineSnapshot reported() {
        return snapshot(0, reportedWaiting, reportedDeferred, reportedRunning, reportedBlocks);
    }

    private EngineSnapshot snapshot(int arriving, int waiting, int deferred, int running, int usedBlocks) {
        return new EngineSnapshot(
                arriving,
                waiting,
                deferred,
                running,
                finished,
                aborted,
                failed,
                planner.preemptions(),
                steps,
                allPromptTokens,
                allCachedTokens,
                allOutputTokens,
                usedBlocks,
                pool.total(),
                pool.cached(),
                leases.size(),
                expiredLeases,
                planner.encoder().queries(),
                planner.encoder().hits(),
                adaptersOf(planner.running()),
                adaptersOf(planner.waiting()),
                sleepState,
                pause != null);
    }

    private List<String> adaptersOf(Iterable<Sequence> some) {
        if (withAdapter == 0) {
            return List.of();
        }
        Set<String> adapters = new LinkedHashSet<>();
        for (Sequence sequence : some) {
            String adapter = sequence.request.adapter();
            if (adapter != null) {
                adapters.add(adapter);
            }
        }
        return List.copyOf(adapters);
    }

    private void moveTo(long now) {
        if (now < time) {
            throw new IllegalArgumentException("now: " + now + " (expected: >= " + time + ")");
        }
        long next = nextOwnEvent();
        if (next < now) {
            throw new IllegalStateException("now: " + now + ", but advance was not called for " + next);
        }
        time = now;
    }

    private void deliver(EngineSink sink) {
        for (EngineEvent event = undelivered.pollFirst(); event != null; event = undelivered.pollFirst()) {
            sink.accept(event);
        }
    }

    private void endExpiredLeases(EngineSink sink) {
        for (Long request = leases.expired(time); request != null; request = leases.expired(time)) {
            leases.end(request, pool);
            expiredLeases++;
            stepDue = true;
            sink.accept(new EngineEvent.LeaseEnded(request, LeaseEnd.EXPIRED, time));
        }
    }

    private void queueArrivals() {
        while (!arriving.isEmpty() && arriving.getFirst().readyAt <= time) {
            Sequence sequence = arriving.removeFirst();
            sequence.status = Sequence.Status.WAITING;
            planner.waiting().add(sequence);
            stepDue = true;
        }
    }

    private void startStep(EngineSink sink) {
        stepDue = false;
        if (pause == PauseMode.KEEP) {
            reportStanding();
            return;
        }
        residency.at(time);
        planner.plan(step, pause == null, time, sink);
        if (step.isEmpty() && planner.hasPreempted()) {
            // what the last running sequence gave up may be enough for it to start again
            planner.plan(step, pause == null, time, sink);
        }
        residency.tell(sink);
        for (Sequence refused : planner.refused()) {
            failed++;
            sink.accept(end(refused, FinishReason.CACHE_THRESHOLD, null));
        }
        if (step.isEmpty()) {
            reportStanding();
        } else {
            begin(step);
        }
    }

    private void reportStanding() {
        leftWaiting = planner.waiting().size();
        report();
    }

    private void report() {
        reportedRunning = planner.running().size();
        reportedWaiting = leftWaiting;
        reportedDeferred = planner.deferredCount();
        reportedBlocks = pool.used();
    }

    private void begin(Step planned) {
        leftWaiting = planner.waiting().size();
        steps++;
        stepStart = time;
        stepEnd = time + stepNanos(planned);
        stepInFlight = true;
    }

    /**
     * Ends a step that only decodes, and starts the next one for the same sequences, if planning it could lead to
     * nothing else.
     */
    private boolean repeatStep(EngineSink sink) {
        if (!isRepeatable(sink) || !decodeRun.isOpen() && !decodeRun.open(step) || !decodeRun.canFollow()) {
            return false;
        }
        report();
        tellStep(0, 0, 0, step.size(), sink);
        residency.at(time);
        decodeRun.follow(time, sink);
        residency.tell(sink);
        planner.repeat(step);
        begin(step);
        return true;
    }

    private boolean isRepeatable(EngineSink sink) {
        Sequence first = arriving.peekFirst();
        return !stepDue
                && pause == null
                && !sink.tokens()
                && step.decodesOnly()
                && (first == null || first.readyAt > time)
                && planner.nobodyEnters(step);
    }

    private void completeStep(EngineSink sink) {
        decodeRun.close();
        stepInFlight = false;
        int produced = 0;
        int promptTokens = 0;
        int cachedTokens = 0;
        int loadedTokens = 0;
        boolean ended = false;
        for (int i = 0; i < step.size(); i++) {
            Sequence sequence = step.sequence(i);
            if (!sequence.planned) {
                continue;
            }
            sequence.planned = false;
            sequence.computed += step.tokens(i);
            if (sequence.computed < sequence.known()) {
                continue;
            }
            if (sequence.outputs == 0) {
                promptTokens += sequence.promptTokens;
                cachedTokens += sequence.cachedTokens;
                loadedTokens += sequence.loadedTokens;
            }
            produced += produce(sequence, sink);
            ended |= sequence.status == Sequence.Status.ENDED;
        }
        if (ended) {
            planner.running().removeIf(sequence -> sequence.status == Sequence.Status.ENDED);
        }
        stepDue = true;
        report();
        tellStep(promptTokens, cachedTokens, loadedTokens, produced, sink);
    }

    private void tellStep(int promptTokens, int cachedTokens, int loadedTokens, int produced, EngineSink sink) {
        allPromptTokens += promptTokens;
        allCachedTokens += cachedTokens;
        allOutputTokens += produced;
        if (sink.steps()) {
            sink.accept(new EngineEvent.StepCompleted(
                    steps,
                    stepStart,
                    step.tokens(),
                    promptTokens,
                    cachedTokens,
                    loadedTokens,
                    produced,
                    step.size(),
                    time));
        }
    }

    private int produce(Sequence sequence, EngineSink sink) {
        EngineRequest request = sequence.request;
        if (sequence.outputs < request.outputLength()) {
            long sincePrevious = time - (sequence.outputs == 0 ? sequence.arrival : sequence.lastToken);
            sequence.firstToken = sequence.outputs == 0 ? time : sequence.firstToken;
            sequence.lastToken = time;
            if (sequence.outputs == 0 ? sink.firstTokens() : sink.tokens()) {
                sink.accept(new EngineEvent.TokenProduced(request.id(), sequence.outputs, sincePrevious, time));
            }
            sequence.outputs++;
        }
        if (sequence.outputs == request.outputLength()) {
            finished++;
            HeldBlocks held = request.holdBlocks() && request.endReason().isClean() ? hold(sequence) : null;
            sink.accept(end(sequence, request.endReason(), held));
        }
        return request.outputLength() == 0 ? 0 : 1;
    }

    private HeldBlocks hold(Sequence sequence) {
        HeldBlocks held = new HeldBlocks(sequence.copyBlocks(), sequence.computed, time + leaseNanos);
        sequence.forgetBlocks();
        leases.add(sequence.request.id(), held);
        return held;
    }

    /** Takes a sequence out wherever it is; the event is delivered by the next advance. */
    private void leave(Sequence sequence, FinishReason reason) {
        switch (sequence.status) {
            case ARRIVING -> arriving.remove(sequence);
            case WAITING, LOADING, PREEMPTED -> planner.waiting().remove(sequence);
            case RUNNING -> planner.running().remove(sequence);
            case ENDED -> throw new IllegalStateException("request " + sequence.request.id() + " has ended");
        }
        aborted += reason == FinishReason.ABORT ? 1 : 0;
        failed += reason == FinishReason.ABORT ? 0 : 1;
        stepDue = true;
        undelivered.addLast(end(sequence, reason, null));
    }

    private EngineEvent.Finished end(Sequence sequence, FinishReason reason, @Nullable HeldBlocks held) {
        sequences.remove(sequence.request.id());
        withAdapter -= sequence.request.adapter() == null ? 0 : 1;
        sequence.releaseBlocks(pool);
        sequence.status = Sequence.Status.ENDED;
        sequence.planned = false;
        return new EngineEvent.Finished(
                sequence.request,
                reason,
                sequence.cachedTokens,
                sequence.loadedTokens,
                sequence.outputs,
                sequence.times(),
                held,
                time);
    }

    private void restartRunning(long now) {
        planner.preemptAll(now, undelivered::addLast);
        stepDue = true;
    }

    /** Loses all blocks, whoever holds them. */
    private void dropBlocks(long now) {
        restartRunning(now);
        for (Sequence sequence : planner.waiting()) {
            sequence.restart(pool);
            if (sequence.status == Sequence.Status.LOADING) {
                sequence.status = Sequence.Status.WAITING;
            }
        }
        for (Long request : leases.requests()) {
            endLease(request, LeaseEnd.ABORTED, now);
        }
        forgetContents(now);
    }

    private void forgetContents(long now) {
        pool.forgetContents();
        planner.waiting().forEach(Sequence::forgetMatch);
        stepDue = true;
        undelivered.addLast(new EngineEvent.BlocksCleared(now));
    }

    private long stepNanos(Step planned) {
        double nanos = latency.stepNanos(planned.load(), CounterRandom.bits(settings.seed(), steps, 0));
        if (withAdapter > 0) {
            nanos = nanos * planner.adapters().stepFactor() + planner.adapters().loadNanos();
        }
        nanos = (nanos + planner.encoder().nanos()) * slowFactor * noise();
        return Math.max(SHORTEST_STEP_NANOS, scaled(nanos));
    }

    private long scaled(double nanos) {
        return Math.round(nanos * settings.timeScale());
    }

    /** Lognormal with mean 1, a function of seed and step number so that no other draw can shift it. */
    private double noise() {
        if (settings.noiseCv() == 0) {
            return 1;
        }
        double sigma = Math.sqrt(Math.log1p(settings.noiseCv() * settings.noiseCv()));
        double normal = CounterRandom.normal(
                CounterRandom.unit(settings.seed(), steps, 1), CounterRandom.unit(settings.seed(), steps, 2));
        return Math.exp(sigma * normal - sigma * sigma / 2);
    }

    /** Hashes that events have made findable when all of them were delivered, one for each block; for tests. */
    long[] toldHashes() {
        return pool.toldHashes();
    }

    /** Verifies the invariants; for tests. */
    void check() {
        decodeRun.close();
        pool.check();
        int references = 0;
        int held = leases.blocks();
        for (Sequence sequence : sequences.values()) {
            held += sequence.blockCount();
            require(
                    sequence.blockCount() == 0
                            || sequence.loaded
                            || sequence.status == Sequence.Status.RUNNING
                            || sequence.status == Sequence.Status.LOADING,
                    "a sequence outside the batch holds blocks");
            require(sequence.known() <= settings.maxModelLen(), "a sequence exceeds the model length");
        }
        for (int block = 1; block <= pool.total(); block++) {
            references += pool.references(block);
        }
        require(references == held, references + " references, " + held + " blocks held");
        require(
                planner.running().size() <= settings.maxNumSeqs(),
                planner.running().size() + " sequences run");
        require(!stepInFlight || step.tokens() <= settings.maxNumBatchedTokens(), step.tokens() + " tokens in a step");
        require(
                arriving.size() + planner.waiting().size() + planner.running().size() == sequences.size(),
                "a sequence is in no queue");
        if (!stepInFlight && !stepDue && pause == null) {
            require(planner.running().isEmpty(), "running sequences stand still");
            planner.checkHead(new Step());
        }
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalStateException(message);
        }
    }
}
