package io.llmd.scheduler.prefix;

import io.llmd.kv.index.IndexLane;
import io.llmd.kv.index.Speculations;
import io.llmd.kv.key.KeyHasher;
import io.llmd.scheduler.datalayer.EndpointListener;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.MediaFeature;
import io.llmd.scheduler.scheduling.PrefixMatches.Fallback;
import io.llmd.scheduler.scheduling.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the engines of the pool hold, by their own events: knows of each endpoint while it is in the pool. Safe from any
 * thread; nobody waits for an embedded index, and for a remote one until a deadline.
 */
public final class EngineIndex implements EndpointListener {

    private static final long VIEWS_MAX_AGE_MILLIS = 100;

    /** How well endpoints are known, and when that was found out. */
    private record Views(Map<String, SourceView> byEndpoint, long atMillis) {}

    private final EngineEvents events;
    private final PrefixSource source;
    private final KeyHasher hasher;
    private final LongSupplier nanoClock;
    private final Speculations speculations = new Speculations();
    private volatile Views views = new Views(Map.of(), Long.MIN_VALUE / 2);
    private final LongAdder lookupCount = new LongAdder();
    private final LongAdder hitCount = new LongAdder();
    private final AtomicLongArray fallbacks = new AtomicLongArray(Fallback.COUNT);

    /** @param nanoClock monotonic clock */
    EngineIndex(EngineEvents events, PrefixSource source, LongSupplier nanoClock) {
        this.events = events;
        this.source = source;
        this.nanoClock = nanoClock;
        hasher = KeyHasher.of(events.keyMode(), events.seed());
    }

    /** Tokens per block. */
    public int blockTokens() {
        return events.blockTokens();
    }

    /** Prompts that were sent to an endpoint and that it will hold soon. */
    public Speculations speculations() {
        return speculations;
    }

    /** Milliseconds of a clock that does not go back, the one of {@link #speculations}. */
    public long nowMillis() {
        return TimeUnit.NANOSECONDS.toMillis(nanoClock.getAsLong());
    }

    /** Distinct blocks that are known in this process. */
    public long blocks() {
        return source.blocks();
    }

    /** Memory in use for them. */
    public long bytes() {
        return source.bytes();
    }

    /** Blocks forgotten because the memory was used up. */
    public long evictedBlocks() {
        return source.evictedBlocks();
    }

    /** What an embedded index knows of an endpoint; null when it is not followed here. */
    public @Nullable IndexLane lane(String endpointId) {
        return source.lane(endpointId);
    }

    /**
     * Keys of the full blocks of a request's prompts, one array per prompt; null when tokens of a prompt are not exact, since
     * estimated ones would match nothing.
     */
    public long @Nullable [][] keys(InferenceRequest request) {
        List<Prompt> prompts = request.body().prompts();
        if (prompts.isEmpty()) {
            return null;
        }
        long root = source.root(request.targetModel());
        long[][] keys = new long[prompts.size()][];
        for (int i = 0; i < keys.length; i++) {
            Prompt prompt = prompts.get(i);
            if (!prompt.isExact()) {
                return null;
            }
            keys[i] = keys(prompt, root, request.body().cacheSalt());
        }
        return keys;
    }

    private long[] keys(Prompt prompt, long root, String salt) {
        int blockTokens = events.blockTokens();
        int[] tokens = prompt.tokenIds();
        long[] keys = new long[tokens.length / blockTokens];
        if (prompt.media().isEmpty() && salt.isEmpty()) {
            hasher.chain(root, tokens, 0, keys.length, blockTokens, keys, 0);
            return keys;
        }
        long key = root;
        for (int i = 0; i < keys.length; i++) {
            int from = i * blockTokens;
            key = hasher.next(key, tokens, from, blockTokens, extras(prompt.media(), from, i == 0 ? salt : ""));
            keys[i] = key;
        }
        return keys;
    }

    /** As engines have it: the media items in a block, then in the first block the salt. */
    private String @Nullable [] extras(List<MediaFeature> media, int from, String salt) {
        List<String> extras = new ArrayList<>(1);
        for (MediaFeature item : media) {
            if (item.overlaps(from, events.blockTokens())) {
                extras.add(item.identifier());
            }
        }
        if (!salt.isEmpty()) {
            extras.add(salt);
        }
        return extras.isEmpty() ? null : extras.toArray(String[]::new);
    }

    /**
     * Asks what candidates hold of the prompts of a request. Never fails; an embedded index has answered when the call
     * returns, a remote one does on a thread of its own.
     *
     * @param prompts keys of the full blocks of each prompt; not changed afterwards
     */
    public CompletableFuture<IndexAnswer> match(long[][] prompts, Candidates candidates) {
        return source.match(prompts, candidates).thenApply(this::counted);
    }

    /** Whether {@link #match} has answered when it returns, and asks nobody elsewhere. */
    public boolean answersAtOnce() {
        return source.answersAtOnce();
    }

    private IndexAnswer counted(IndexAnswer answer) {
        switch (answer) {
            case IndexAnswer.Held(List<HeldBlocks> prompts) -> {
                lookupCount.add(prompts.size());
                for (HeldBlocks prompt : prompts) {
                    hitCount.add(prompt.longest());
                }
            }
            case IndexAnswer.Unavailable(Fallback reason) -> fellBack(reason);
        }
        return answer;
    }

    /** An estimate stands in for the index. */
    public void fellBack(Fallback reason) {
        fallbacks.incrementAndGet(reason.ordinal());
    }

    /** Prompts that were looked up. */
    public long lookups() {
        return lookupCount.sum();
    }

    /** Blocks of their longest matches. */
    public long hits() {
        return hitCount.sum();
    }

    /** Requests for which an estimate stood in. */
    public long fallbacks(Fallback reason) {
        return fallbacks.get(reason.ordinal());
    }

    /** How the endpoints that are known are known, by id; at most a tenth of a second old. */
    public Map<String, SourceView> views() {
        long now = nowMillis();
        Views known = views;
        if (now - known.atMillis() >= VIEWS_MAX_AGE_MILLIS) {
            known = new Views(Map.copyOf(source.views()), now);
            views = known;
        }
        return known.byEndpoint();
    }

    @Override
    public void added(EndpointMetadata endpoint) {
        source.follow(endpoint);
    }

    @Override
    public void removed(EndpointMetadata endpoint) {
        source.forget(endpoint);
    }

    /** Labels say which endpoints are followed, and where their events are. */
    @Override
    public void changed(EndpointMetadata before, EndpointMetadata after) {
        if (!events.isSameStream(before, after)) {
            source.forget(before);
            source.follow(after);
        }
    }

    void close() {
        source.close();
    }
}
