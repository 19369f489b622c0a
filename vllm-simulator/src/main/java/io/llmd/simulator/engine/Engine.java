package io.llmd.simulator.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One engine: continuous batching with chunked prefill over a pool of KV blocks with a prefix cache, as in vLLM v1.
 *
 * <p>The engine has no clock and no thread. Time is whatever the caller says, in nanoseconds, and must not go back.
 * Equal settings and calls give equal events. Not thread-safe.
 *
 * <p>A step is planned when it starts and takes effect when it ends: running sequences first, in the order they were
 * admitted, then waiting ones from the front while token budget, batch places and blocks last. A running sequence that
 * gets no block preempts the one admitted last. What arrives during a step waits for its end.
 */
public final class Engine {
    private static final long SHORTEST_STEP_NANOS = 1_000;
    private static final long NO_EVENT = Long.MAX_VALUE;

    private final EngineSettings settings;
    private final BlockPool pool;
    private final BlockHasher hasher;
    private final Map<Long, Sequence> sequences = new HashMap<>();
    private final Deque<Sequence> arriving = new ArrayDeque<>();
    private final Deque<Sequence> waiting = new ArrayDeque<>();
    private final List<Sequence> running = new ArrayList<>();
    private final Deque<EngineEvent> undelivered = new ArrayDeque<>();
    private final Step step = new Step();
    private boolean stepInFlight;
    private long stepStart;
    private long stepEnd;
    private long time = Long.MIN_VALUE;
    private double slowFactor = 1;
    private long steps;
    private long finished;
    private long aborted;
    private long preemptions;

    public Engine(EngineSettings settings) {
        this.settings = settings;
        pool = new BlockPool(settings.blocks());
        hasher = new BlockHasher(settings.hashSeed(), settings.blockTokens());
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
        long ready = now + scaled(settings.latency().apiNanos());
        Sequence last = arriving.peekLast();
        Sequence sequence = new Sequence(request, now, last == null ? ready : Math.max(ready, last.readyAt));
        if (sequences.putIfAbsent(request.id(), sequence) != null) {
            throw new IllegalArgumentException("request " + request.id() + " is in the engine already");
        }
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
        Sequence sequence = sequences.get(requestId);
        if (sequence == null) {
            return false;
        }
        switch (sequence.status) {
            case ARRIVING -> arriving.remove(sequence);
            case WAITING, PREEMPTED -> waiting.remove(sequence);
            case RUNNING -> running.remove(sequence);
            case ENDED -> throw new IllegalStateException("request " + requestId + " has ended");
        }
        aborted++;
        undelivered.addLast(end(sequence, FinishReason.ABORT, now));
        return true;
    }

    /** Factor on the duration of the steps that start from now on; 1 is normal. */
    public void slowFactor(double factor) {
        if (!(factor > 0) || Double.isInfinite(factor)) {
            throw new IllegalArgumentException("slowFactor: " + factor + " (expected: > 0)");
        }
        slowFactor = factor;
    }

    /** When {@link #advance} has something to do next; {@link Long#MAX_VALUE} if nothing happens by itself. */
    public long nextEventTime() {
        return undelivered.isEmpty() ? nextOwnEvent() : time;
    }

    private long nextOwnEvent() {
        long next = stepInFlight ? stepEnd : NO_EVENT;
        Sequence first = arriving.peekFirst();
        return first == null ? next : Math.min(next, first.readyAt);
    }

    /** Does everything that is due at {@code now} or before, each at its own time, and tells the sink in order. */
    public void advance(long now, EngineSink sink) {
        deliver(sink);
        for (long next = nextEventTime(); next <= now; next = nextEventTime()) {
            time = Math.max(time, next);
            if (stepInFlight && stepEnd <= time) {
                completeStep(sink);
            }
            while (!arriving.isEmpty() && arriving.getFirst().readyAt <= time) {
                Sequence sequence = arriving.removeFirst();
                sequence.status = Sequence.Status.WAITING;
                waiting.addLast(sequence);
            }
            if (!stepInFlight && !(running.isEmpty() && waiting.isEmpty())) {
                startStep(sink);
            }
        }
        moveTo(now);
    }

    /** The state after the last call. */
    public EngineSnapshot snapshot() {
        return new EngineSnapshot(
                arriving.size(),
                waiting.size(),
                running.size(),
                finished,
                aborted,
                preemptions,
                steps,
                pool.used(),
                pool.total(),
                pool.cached());
    }

    private void moveTo(long now) {
        if (now < time) {
            throw new IllegalArgumentException("now: " + now + " (expected: >= " + time + ")");
        }
        if (nextOwnEvent() < now) {
            throw new IllegalStateException("now: " + now + ", but advance was not called for " + nextOwnEvent());
        }
        time = now;
    }

    private void deliver(EngineSink sink) {
        for (EngineEvent event = undelivered.pollFirst(); event != null; event = undelivered.pollFirst()) {
            sink.accept(event);
        }
    }

    private void startStep(EngineSink sink) {
        step.clear();
        if (scheduleRunning(sink)) {
            scheduleWaiting(sink);
        }
        if (step.isEmpty()) {
            throw new IllegalStateException("nothing can run: " + snapshot());
        }
        steps++;
        stepStart = time;
        stepEnd = time + stepNanos();
        stepInFlight = true;
    }

    /** Plans the sequences in the batch; false if one of them was preempted. */
    private boolean scheduleRunning(EngineSink sink) {
        boolean nobodyPreempted = true;
        for (int i = 0; i < running.size() && step.tokens() < settings.maxNumBatchedTokens(); i++) {
            Sequence sequence = running.get(i);
            int tokens = Math.min(sequence.known() - sequence.computed, settings.maxNumBatchedTokens() - step.tokens());
            int missing = blocksFor(sequence.computed + tokens) - sequence.blockCount();
            while (missing > pool.free() && sequence.status == Sequence.Status.RUNNING) {
                preempt(running.removeLast(), sink);
                nobodyPreempted = false;
            }
            if (sequence.status == Sequence.Status.RUNNING) {
                allocate(sequence, missing);
                step.add(sequence, tokens);
            }
        }
        return nobodyPreempted;
    }

    private void preempt(Sequence victim, EngineSink sink) {
        victim.releaseBlocks(pool);
        victim.status = Sequence.Status.PREEMPTED;
        waiting.addFirst(victim);
        preemptions++;
        sink.accept(new EngineEvent.Preempted(victim.request.id(), time));
    }

    private void scheduleWaiting(EngineSink sink) {
        while (!waiting.isEmpty()
                && running.size() < settings.maxNumSeqs()
                && step.tokens() < settings.maxNumBatchedTokens()) {
            Sequence sequence = waiting.getFirst();
            int matched = matchedBlocks(sequence);
            int computed = matched * settings.blockTokens();
            int tokens = Math.min(sequence.known() - computed, settings.maxNumBatchedTokens() - step.tokens());
            int missing = blocksFor(computed + tokens) - matched;
            if (missing + freeAmongMatched(sequence, matched) > pool.free()) {
                return;
            }
            waiting.removeFirst();
            admit(sequence, matched, missing, sink);
            step.add(sequence, tokens);
        }
    }

    private void admit(Sequence sequence, int matched, int missing, EngineSink sink) {
        for (int i = 0; i < matched; i++) {
            int block = pool.find(hash(sequence, i));
            pool.acquireCached(block);
            sequence.addBlock(block);
        }
        sequence.registered(matched);
        sequence.computed = matched * settings.blockTokens();
        allocate(sequence, missing);
        sequence.status = Sequence.Status.RUNNING;
        running.add(sequence);
        if (sequence.scheduled == RequestTimes.NEVER) {
            sequence.scheduled = time;
            sequence.cachedTokens = sequence.computed;
            sink.accept(new EngineEvent.Scheduled(
                    sequence.request.id(), sequence.request.prompt().length, sequence.cachedTokens, time));
        }
    }

    /** Leading full blocks in the cache. The last known token is always computed, for its output is what is wanted. */
    private int matchedBlocks(Sequence sequence) {
        if (!settings.prefixCaching()) {
            return 0;
        }
        int full = (sequence.known() - 1) / settings.blockTokens();
        int matched = 0;
        while (matched < full && pool.find(hash(sequence, matched)) != BlockPool.NONE) {
            matched++;
        }
        return matched;
    }

    private int freeAmongMatched(Sequence sequence, int matched) {
        int free = 0;
        for (int i = 0; i < matched; i++) {
            free += pool.references(pool.find(hash(sequence, i))) == 0 ? 1 : 0;
        }
        return free;
    }

    private void allocate(Sequence sequence, int blocks) {
        for (int i = 0; i < blocks; i++) {
            sequence.addBlock(pool.allocate());
        }
    }

    private void completeStep(EngineSink sink) {
        stepInFlight = false;
        int produced = 0;
        int promptTokens = 0;
        int cachedTokens = 0;
        for (int i = 0; i < step.size(); i++) {
            Sequence sequence = step.sequence(i);
            if (sequence.status == Sequence.Status.ENDED) {
                continue;
            }
            sequence.computed += step.tokens(i);
            registerFullBlocks(sequence);
            if (sequence.computed < sequence.known()) {
                continue;
            }
            if (sequence.outputs == 0) {
                promptTokens += sequence.request.prompt().length;
                cachedTokens += sequence.cachedTokens;
            }
            produced += produce(sequence, sink);
        }
        running.removeIf(s -> s.status == Sequence.Status.ENDED);
        sink.accept(new EngineEvent.StepCompleted(
                steps, stepStart, step.tokens(), promptTokens, cachedTokens, produced, step.size(), time));
    }

    private int produce(Sequence sequence, EngineSink sink) {
        EngineRequest request = sequence.request;
        if (sequence.outputs < request.outputLength()) {
            long sincePrevious = time - (sequence.outputs == 0 ? sequence.arrival : sequence.lastToken);
            sequence.firstToken = sequence.outputs == 0 ? time : sequence.firstToken;
            sequence.lastToken = time;
            sink.accept(new EngineEvent.TokenProduced(request.id(), sequence.outputs++, sincePrevious, time));
        }
        if (sequence.outputs == request.outputLength()) {
            finished++;
            sink.accept(end(sequence, request.endReason(), time));
        }
        return request.outputLength() == 0 ? 0 : 1;
    }

    private void registerFullBlocks(Sequence sequence) {
        if (!settings.prefixCaching()) {
            return;
        }
        int full = sequence.computed / settings.blockTokens();
        for (int i = sequence.registered(); i < full; i++) {
            pool.register(sequence.block(i), hash(sequence, i));
        }
        sequence.registered(Math.max(full, sequence.registered()));
    }

    private EngineEvent.Finished end(Sequence sequence, FinishReason reason, long now) {
        sequences.remove(sequence.request.id());
        sequence.releaseBlocks(pool);
        sequence.status = Sequence.Status.ENDED;
        return new EngineEvent.Finished(
                sequence.request, reason, sequence.cachedTokens, sequence.outputs, sequence.times(), now);
    }

    private long hash(Sequence sequence, int block) {
        return sequence.hash(block, hasher, settings.blockTokens());
    }

    private int blocksFor(int tokens) {
        return (tokens + settings.blockTokens() - 1) / settings.blockTokens();
    }

    private long stepNanos() {
        double nanos = settings.latency().stepNanos(step.load()) * slowFactor * noise();
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
        double u1 = CounterRandom.unit(settings.seed(), steps, 1);
        double u2 = CounterRandom.unit(settings.seed(), steps, 2);
        double normal = Math.sqrt(-2 * Math.log(u1)) * Math.cos(2 * Math.PI * u2);
        return Math.exp(sigma * normal - sigma * sigma / 2);
    }

    /** Verifies the invariants; for tests. */
    void check() {
        pool.check();
        int references = 0;
        int held = 0;
        for (Sequence sequence : sequences.values()) {
            held += sequence.blockCount();
            require(
                    sequence.blockCount() == 0 || sequence.status == Sequence.Status.RUNNING,
                    "a sequence outside the batch holds blocks");
            require(sequence.known() <= settings.maxModelLen(), "a sequence exceeds the model length");
        }
        for (int block = 1; block <= pool.total(); block++) {
            references += pool.references(block);
        }
        require(references == held, references + " references, " + held + " blocks held");
        require(running.size() <= settings.maxNumSeqs(), running.size() + " sequences run");
        require(!stepInFlight || step.tokens() <= settings.maxNumBatchedTokens(), step.tokens() + " tokens in a step");
        require(
                arriving.size() + waiting.size() + running.size() == sequences.size(),
                "a sequence is in no queue, or in two");
        require(stepInFlight || running.isEmpty() && waiting.isEmpty(), "idle with work to do");
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalStateException(message);
        }
    }
}
