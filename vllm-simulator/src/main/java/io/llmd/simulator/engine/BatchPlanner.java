package io.llmd.simulator.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * Decides what a step computes: running sequences first, in the order they were admitted, then waiting ones from the
 * front while token budget, batch places and blocks last. A running sequence that gets no block preempts another one; a
 * waiting one that gets none stops all behind it. Not thread-safe.
 */
final class BatchPlanner {
    private static final int[] NO_TOKENS = {};

    private final EngineSettings settings;
    private final BlockPool pool;
    private final AdapterSlots adapters;
    private final EncoderCache encoder;
    private final WaitingQueue waiting;
    private final List<Sequence> running = new ArrayList<>();
    private final ArrayList<Sequence> deferred = new ArrayList<>();
    private final List<Sequence> refused = new ArrayList<>();
    private final int[] scratch;
    private int[] found = new int[64];
    private int deferredCount;
    private long preemptions;
    private boolean preempted;

    BatchPlanner(EngineSettings settings, BlockPool pool) {
        this.settings = settings;
        this.pool = pool;
        adapters = new AdapterSlots(settings.adapters());
        encoder = new EncoderCache(settings.encoder(), settings.maxNumBatchedTokens());
        waiting = new WaitingQueue(settings.ordering());
        scratch = new int[settings.blockTokens()];
    }

    WaitingQueue waiting() {
        return waiting;
    }

    List<Sequence> running() {
        return running;
    }

    AdapterSlots adapters() {
        return adapters;
    }

    EncoderCache encoder() {
        return encoder;
    }

    long preemptions() {
        return preemptions;
    }

    /** Waiting sequences that the last plan passed over: their blocks or their adapter's place were not there. */
    int deferredCount() {
        return deferredCount;
    }

    /** Sequences that the last plan found too little cached for; the caller ends them. */
    List<Sequence> refused() {
        return refused;
    }

    /**
     * Fills the step.
     *
     * @param admit whether waiting sequences that hold no blocks may enter; those that do may in any case
     */
    void plan(Step step, boolean admit, long time, EngineSink sink) {
        step.clear();
        refused.clear();
        adapters.beginStep();
        encoder.beginStep();
        preempted = false;
        planRunning(step, time, sink);
        deferredCount = 0;
        if (!preempted) {
            planWaiting(step, admit, time, sink);
        }
        tellEvicted(time, sink);
    }

    /** Whether the last plan preempted a sequence. */
    boolean hasPreempted() {
        return preempted;
    }

    private void planRunning(Step step, long time, EngineSink sink) {
        for (int i = 0; i < running.size() && step.tokens() < settings.maxNumBatchedTokens(); i++) {
            Sequence sequence = running.get(i);
            int tokens = encodable(sequence, sequence.computed, chunk(sequence, sequence.computed, step));
            if (tokens == 0) {
                continue;
            }
            int missing = missingBlocks(sequence.computed + tokens, sequence.blockCount());
            while (missing > pool.free() && sequence.status == Sequence.Status.RUNNING) {
                preempted = true;
                if (giveWay(step, time, sink) < i) {
                    i--;
                }
            }
            if (sequence.status == Sequence.Status.RUNNING) {
                allocate(sequence, missing);
                include(sequence, tokens, step, time, sink);
            } else {
                i--;
            }
        }
    }

    /** Preempts one sequence; returns the place it had in the batch. */
    private int giveWay(Step step, long time, EngineSink sink) {
        Sequence victim = waiting.victim(running);
        int place = running.lastIndexOf(victim);
        running.remove(place);
        if (victim.planned) {
            step.remove(victim);
        }
        preempt(victim, time, sink);
        return place;
    }

    private void preempt(Sequence victim, long time, EngineSink sink) {
        victim.restart(pool);
        victim.planned = false;
        victim.status = Sequence.Status.PREEMPTED;
        waiting.addFirst(victim);
        preemptions++;
        sink.accept(new EngineEvent.Preempted(victim.request.id(), time));
    }

    /**
     * Preempts all running sequences, the last one first, so that their order is kept. What a step in flight computes for
     * them is lost.
     */
    void preemptAll(long time, EngineSink sink) {
        for (int i = running.size() - 1; i >= 0; i--) {
            preempt(running.get(i), time, sink);
        }
        running.clear();
    }

    private void planWaiting(Step step, boolean admit, long time, EngineSink sink) {
        while ((admit ? !waiting.isEmpty() : waiting.beginsWithHolder())
                && running.size() < settings.maxNumSeqs()
                && step.tokens() < settings.maxNumBatchedTokens()) {
            Sequence sequence = waiting.first();
            if (isDeferred(sequence)) {
                waiting.removeFirst();
                deferred.add(sequence);
            } else if (!admit(sequence, step, time, sink)) {
                break;
            }
        }
        deferredCount = deferred.size();
        waiting.addFirst(deferred);
    }

    private boolean isDeferred(Sequence sequence) {
        String adapter = sequence.request.adapter();
        return sequence.onHold
                || sequence.status == Sequence.Status.LOADING
                || adapter != null && !adapters.hasRoom(adapter);
    }

    /** Takes the first waiting sequence out of the queue, wherever it goes; false if it has to stay. */
    private boolean admit(Sequence sequence, Step step, long time, EngineSink sink) {
        if (sequence.loaded) {
            return admitComputed(sequence, step, time, sink);
        }
        if (surelyStays(sequence, step)) {
            return false;
        }
        int matched = matchedBlocks(sequence);
        int cached = matched * settings.blockTokens();
        EngineRequest request = sequence.request;
        boolean first = sequence.scheduled == RequestTimes.NEVER;
        if (first && cached < request.cacheHitThreshold() * sequence.promptTokens) {
            waiting.removeFirst();
            sequence.cachedTokens = cached;
            refused.add(sequence);
            return true;
        }
        if (request.remoteTokens() > cached && !sequence.loadAsked) {
            return beginLoad(sequence, matched, time, sink);
        }
        int wanted = chunk(sequence, cached, step);
        if (!fits(sequence, matched, missingBlocks(cached + wanted, matched), wanted)) {
            return false;
        }
        int tokens = encodable(sequence, cached, wanted);
        if (tokens == 0) {
            return false;
        }
        waiting.removeFirst();
        take(sequence, matched, missingBlocks(cached + tokens, matched));
        if (request.remoteTokens() > 0 && !sequence.loadAsked) {
            sequence.loadAsked = true;
            sink.accept(new EngineEvent.LoadWanted(request.id(), cached, 0, 0, time));
        }
        if (first) {
            sequence.cachedTokens = cached;
        }
        run(sequence, tokens, step, time, sink);
        return true;
    }

    private boolean admitComputed(Sequence sequence, Step step, long time, EngineSink sink) {
        int wanted = chunk(sequence, sequence.computed, step);
        if (missingBlocks(sequence.computed + wanted, sequence.blockCount()) > pool.free()) {
            return false;
        }
        int tokens = encodable(sequence, sequence.computed, wanted);
        if (tokens == 0) {
            return false;
        }
        waiting.removeFirst();
        allocate(sequence, missingBlocks(sequence.computed + tokens, sequence.blockCount()));
        run(sequence, tokens, step, time, sink);
        return true;
    }

    private boolean beginLoad(Sequence sequence, int matched, long time, EngineSink sink) {
        int remote = sequence.request.remoteTokens();
        int missing = missingBlocks(remote, matched);
        if (!fits(sequence, matched, missing, Integer.MAX_VALUE)) {
            return false;
        }
        waiting.removeFirst();
        take(sequence, matched, missing);
        sequence.cachedTokens = sequence.computed;
        sequence.loadAsked = true;
        sequence.status = Sequence.Status.LOADING;
        deferred.add(sequence);
        sink.accept(new EngineEvent.LoadWanted(
                sequence.request.id(), sequence.computed, remote - sequence.computed, missing, time));
        return true;
    }

    private void run(Sequence sequence, int tokens, Step step, long time, EngineSink sink) {
        sequence.status = Sequence.Status.RUNNING;
        running.add(sequence);
        if (sequence.scheduled == RequestTimes.NEVER) {
            sequence.scheduled = time;
            sink.accept(new EngineEvent.Scheduled(
                    sequence.request.id(), sequence.promptTokens, sequence.cachedTokens, sequence.loadedTokens, time));
        }
        include(sequence, tokens, step, time, sink);
    }

    private void include(Sequence sequence, int tokens, Step step, long time, EngineSink sink) {
        String adapter = sequence.request.adapter();
        if (adapter != null) {
            adapters.use(adapter);
        }
        step.add(sequence, tokens);
        sequence.planned = true;
        registerFullBlocks(sequence, sequence.computed + tokens, time, sink);
    }

    /** Tokens of a sequence that the step has room for. */
    private int chunk(Sequence sequence, int computed, Step step) {
        int rest = sequence.known() - computed;
        int most = settings.longPrefillTokens() > 0 ? Math.min(rest, settings.longPrefillTokens()) : rest;
        return Math.min(most, settings.maxNumBatchedTokens() - step.tokens());
    }

    private int encodable(Sequence sequence, int computed, int tokens) {
        List<MediaKey> media = sequence.request.media();
        return media.isEmpty() ? tokens : encoder.encode(media, computed, tokens);
    }

    private int missingBlocks(int tokens, int held) {
        return settings.encoder().encodeOnly() ? 0 : settings.blocksFor(tokens) - held;
    }

    /**
     * Leading full blocks in the cache; {@link #found} names them until the next look. The last known token is always
     * computed, for its output is what is wanted.
     */
    private int matchedBlocks(Sequence sequence) {
        if (!settings.prefixCaching() || settings.encoder().encodeOnly()) {
            return 0;
        }
        int full = (sequence.known() - 1) / settings.blockTokens();
        if (full > found.length) {
            found = new int[Math.max(full, 2 * found.length)];
        }
        int matched = 0;
        while (matched < full) {
            int block = find(sequence, matched);
            if (block == BlockPool.NONE) {
                break;
            }
            found[matched++] = block;
        }
        return matched;
    }

    /**
     * Whether a look at the first waiting sequence would end as the last one did. What it misses shrinks by at most one
     * block for each block that becomes free; only a longer match or a smaller chunk could change more.
     */
    private boolean surelyStays(Sequence sequence, Step step) {
        if (sequence.missing == 0 || pool.freed() - sequence.freedAtMatch >= sequence.missing) {
            return false;
        }
        int cached = sequence.matched * settings.blockTokens();
        boolean longer = cached + settings.blockTokens() < sequence.known()
                && find(sequence, sequence.matched) != BlockPool.NONE;
        return !longer && chunk(sequence, cached, step) >= sequence.tokensAtMatch;
    }

    private boolean fits(Sequence sequence, int matched, int missing, int tokens) {
        int lacking = missing + freeAmongFound(matched) - pool.free();
        sequence.matched = matched;
        sequence.missing = Math.max(0, lacking);
        sequence.tokensAtMatch = tokens;
        sequence.freedAtMatch = pool.freed();
        return lacking <= 0;
    }

    private int freeAmongFound(int matched) {
        int free = 0;
        for (int i = 0; i < matched; i++) {
            free += pool.references(found[i]) == 0 ? 1 : 0;
        }
        return free;
    }

    private void take(Sequence sequence, int matched, int missing) {
        for (int i = 0; i < matched; i++) {
            pool.acquireCached(found[i]);
            sequence.addBlock(found[i]);
        }
        sequence.registered(matched);
        sequence.computed = matched * settings.blockTokens();
        allocate(sequence, missing);
    }

    private void allocate(Sequence sequence, int blocks) {
        for (int i = 0; i < blocks; i++) {
            sequence.addBlock(pool.allocate());
        }
    }

    /** Makes blocks findable that the tokens computed so far and in this step fill. */
    private void registerFullBlocks(Sequence sequence, int computed, long time, EngineSink sink) {
        int first = sequence.registered();
        int full = computed / settings.blockTokens();
        if (full <= first || !settings.prefixCaching() || settings.encoder().encodeOnly()) {
            return;
        }
        tellEvicted(time, sink);
        for (int i = first; i < full; i++) {
            pool.register(sequence.block(i), hash(sequence, i), home(sequence, i));
        }
        sequence.registered(full);
        if (sink.blocks()) {
            sink.accept(stored(sequence, first, full, time, sink.blockTokens()));
        }
    }

    private EngineEvent.BlocksStored stored(Sequence sequence, int first, int full, long time, boolean withTokens) {
        long[] hashes = new long[full - first];
        for (int i = first; i < full; i++) {
            hashes[i - first] = hash(sequence, i);
        }
        int[] tokens = withTokens ? new int[hashes.length * settings.blockTokens()] : NO_TOKENS;
        sequence.copyTokens(first * settings.blockTokens(), tokens, tokens.length);
        long parent = first == 0 ? 0 : hash(sequence, first - 1);
        return new EngineEvent.BlocksStored(sequence.request, first, hashes, parent, tokens, time);
    }

    private void tellEvicted(long time, EngineSink sink) {
        if (!pool.hasEvicted()) {
            return;
        }
        if (sink.blocks()) {
            sink.accept(new EngineEvent.BlocksRemoved(pool.takeEvicted(), time));
        } else {
            pool.dropEvicted();
        }
    }

    /** Makes the step one that computes the next token of the same sequences. */
    void repeat(Step step) {
        step.nextDecode();
        adapters.repeatStep();
        encoder.beginStep();
    }

    /** One more block for a decoding sequence, outside of a plan. */
    void grow(Sequence sequence) {
        sequence.addBlock(pool.allocate());
    }

    /** Makes the next block of a decoding sequence findable, outside of a plan. */
    void registerNext(Sequence sequence, long time, EngineSink sink) {
        registerFullBlocks(sequence, (sequence.registered() + 1) * settings.blockTokens(), time, sink);
    }

    /** Tells what remains to be told after {@link #grow} and {@link #registerNext}. */
    void endPlan(long time, EngineSink sink) {
        tellEvicted(time, sink);
    }

    /** Whether planning the next step after one that only decodes could take nobody in, as things stand. */
    boolean nobodyEnters(Step step) {
        if (waiting.isEmpty()) {
            return true;
        }
        return deferredCount == 0
                && (running.size() >= settings.maxNumSeqs()
                        || step.tokens() >= settings.maxNumBatchedTokens()
                        || headStays(step));
    }

    private boolean headStays(Step step) {
        Sequence head = waiting.first();
        return !head.loaded && !isDeferred(head) && surelyStays(head, step);
    }

    private int find(Sequence sequence, int block) {
        return pool.find(hash(sequence, block), home(sequence, block));
    }

    private int home(Sequence sequence, int block) {
        return BlockIndex.home(hash(sequence, BlockIndex.runStart(block)), block);
    }

    private long hash(Sequence sequence, int block) {
        return sequence.hash(block, settings.hasher(), scratch);
    }

    /** Verifies that the first waiting sequence really has to wait; for tests, after a plan that admitted nobody more. */
    void checkHead(Step step) {
        if (waiting.isEmpty() || running.size() >= settings.maxNumSeqs()) {
            return;
        }
        Sequence head = waiting.first();
        int matched = head.loaded ? head.blockCount() : matchedBlocks(head);
        int computed = head.loaded ? head.computed : matched * settings.blockTokens();
        int remote = head.loaded || head.loadAsked ? 0 : head.request.remoteTokens();
        int tokens = Math.max(chunk(head, computed, step), remote - computed);
        int missing = missingBlocks(computed + tokens, matched);
        int reclaimed = head.loaded ? 0 : freeAmongFound(matched);
        if (!isDeferred(head) && tokens > 0 && missing + reclaimed <= pool.free()) {
            throw new IllegalStateException("request " + head.request.id() + " waits though it fits");
        }
    }
}
