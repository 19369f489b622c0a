package io.llmd.scheduler.prefix;

import io.llmd.kv.index.IndexLane;
import io.llmd.kv.index.PrefixLookup;
import io.llmd.kv.index.Speculations;
import io.llmd.kv.ingest.SourceState;
import io.llmd.kv.ingest.direct.DirectIndex;
import io.llmd.kv.ingest.zmq.ZmqAddress;
import io.llmd.kv.ingest.zmq.ZmqSource;
import io.llmd.scheduler.datalayer.EndpointListener;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.MediaFeature;
import io.llmd.scheduler.scheduling.Prompt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the engines of the pool hold, by their own events: follows each endpoint while it is in the pool. Safe from any
 * thread; look-ups never wait.
 */
public final class EngineIndex implements EndpointListener {

    private static final long EXACT_MAX_AGE_MILLIS = 100;

    /** Endpoints that are known in full, and when that was found out. */
    private record Exact(Set<String> endpointIds, long atMillis) {}

    private final EngineEvents events;
    private final LongSupplier nanoClock;
    private final DirectIndex index;
    private final Speculations speculations = new Speculations();
    private final Map<String, IndexLane> lanes = new ConcurrentHashMap<>();
    private volatile Exact exact = new Exact(Set.of(), Long.MIN_VALUE / 2);
    private final LongAdder lookupCount = new LongAdder();
    private final LongAdder hitCount = new LongAdder();
    private final Queue<PrefixLookup> lookups = new ConcurrentLinkedQueue<>();

    /** @param nanoClock monotonic clock */
    EngineIndex(EngineEvents events, LongSupplier nanoClock) {
        this.events = events;
        this.nanoClock = nanoClock;
        index = new DirectIndex(events.pool(), nanoClock);
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

    /** How the followed engines fare. */
    public List<DirectIndex.Lane> sources() {
        return index.lanes();
    }

    /** Distinct blocks that are known. */
    public long blocks() {
        return index.index().blocks();
    }

    /** Memory in use for blocks. */
    public long bytes() {
        return index.index().bytes();
    }

    /** Blocks forgotten because the memory was used up. */
    public long evictedBlocks() {
        return index.index().evictedBlocks();
    }

    /** The lane of an endpoint; null when it is not followed. */
    public @Nullable IndexLane lane(String endpointId) {
        return lanes.get(endpointId);
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
        long root = index.root(request.targetModel());
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
            index.hasher().chain(root, tokens, 0, keys.length, blockTokens, keys, 0);
            return keys;
        }
        long key = root;
        for (int i = 0; i < keys.length; i++) {
            int from = i * blockTokens;
            key = index.hasher().next(key, tokens, from, blockTokens, extras(prompt.media(), from, i == 0 ? salt : ""));
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

    /** What is done with an answer, before the next one. */
    @FunctionalInterface
    public interface Use {
        void answer(PrefixLookup lookup);
    }

    /** Looks a prompt up. @param keys of its full blocks */
    public void match(long[] keys, Use use) {
        PrefixLookup pooled = lookups.poll();
        PrefixLookup lookup = pooled == null ? new PrefixLookup() : pooled;
        try {
            index.index().match(keys, keys.length, lookup);
            count(lookup);
            use.answer(lookup);
        } finally {
            lookups.offer(lookup);
        }
    }

    private void count(PrefixLookup lookup) {
        lookupCount.increment();
        int longest = 0;
        for (int at = lookup.first(); at >= 0; at = lookup.next(at)) {
            longest = Math.max(longest, lookup.blocks(at));
        }
        hitCount.add(longest);
    }

    /** Prompts that were looked up. */
    public long lookups() {
        return lookupCount.sum();
    }

    /** Blocks of their longest matches. */
    public long hits() {
        return hitCount.sum();
    }

    @Override
    public void added(EndpointMetadata endpoint) {
        int port = events.eventPort(endpoint);
        if (port == 0 || !events.concerns(endpoint)) {
            return;
        }
        int replayPort = events.replayPort(endpoint);
        ZmqAddress replay = replayPort == 0 ? null : new ZmqAddress(endpoint.host(), replayPort);
        ZmqSource source = ZmqSource.of(
                        endpoint.id(), endpoint.rankIndex(), new ZmqAddress(endpoint.host(), port), replay)
                .withTopicPrefix(events.topicPrefix());
        lanes.put(endpoint.id(), index.add(source));
    }

    @Override
    public void removed(EndpointMetadata endpoint) {
        lanes.remove(endpoint.id());
        index.remove(endpoint.id(), endpoint.rankIndex());
    }

    /**
     * Whether what is known of an endpoint is all that it holds: its events arrive, none is missing, and they began with the
     * engine or cover it since.
     */
    public boolean isExact(String endpointId) {
        long now = nowMillis();
        Exact known = exact;
        if (now - known.atMillis() >= EXACT_MAX_AGE_MILLIS) {
            Set<String> ids = new HashSet<>();
            for (DirectIndex.Lane lane : index.lanes()) {
                if (lane.source().state() == SourceState.EXACT && lane.lane().isComplete()) {
                    ids.add(lane.source().source().endpoint());
                }
            }
            known = new Exact(ids, now);
            exact = known;
        }
        return known.endpointIds().contains(endpointId);
    }

    void close() {
        index.close();
    }
}
