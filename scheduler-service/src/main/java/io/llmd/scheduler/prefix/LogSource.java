package io.llmd.scheduler.prefix;

import io.llmd.kv.index.IndexLane;
import io.llmd.kv.index.PrefixLookup;
import io.llmd.kv.ingest.kafka.LaneDescription;
import io.llmd.kv.ingest.kafka.LaneStatus;
import io.llmd.kv.ingest.kafka.ReplicaListener;
import io.llmd.kv.ingest.replica.ReplicaIndex;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.PrefixMatches.Fallback;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Follows what owners of lanes write to a log, into an index in this process. */
final class LogSource implements PrefixSource {

    private final NamedEndpoints endpoints;
    private final LongSupplier nanoClock;
    private final ReplicaIndex replica;
    private final SpareLookups lookups = new SpareLookups();

    /**
     * @param nanoClock monotonic clock
     * @param clockMillis milliseconds since 1970
     */
    LogSource(
            EngineEvents events,
            KvIndexSource.Log log,
            ReplicaListener listener,
            LongSupplier nanoClock,
            LongSupplier clockMillis) {
        endpoints = new NamedEndpoints(events);
        this.nanoClock = nanoClock;
        replica = new ReplicaIndex(
                log.connection(), log.topics(), events.pool().index(), listener, nanoClock, clockMillis);
        replica.start();
    }

    @Override
    public void follow(EndpointMetadata endpoint) {
        endpoints.follow(endpoint);
    }

    @Override
    public void forget(EndpointMetadata endpoint) {
        endpoints.forget(endpoint);
    }

    @Override
    public long root(String targetModel) {
        return endpoints.root(targetModel);
    }

    @Override
    public CompletableFuture<IndexAnswer> match(long[][] prompts, Candidates candidates) {
        if (!replica.status().isReady()) {
            return CompletableFuture.completedFuture(new IndexAnswer.Unavailable(Fallback.NOT_READY));
        }
        List<HeldBlocks> held = new ArrayList<>(prompts.length);
        PrefixLookup lookup = lookups.take();
        for (long[] keys : prompts) {
            HeldBlocks blocks = new HeldBlocks(candidates.size());
            replica.index().match(keys, keys.length, lookup);
            for (int i = 0; i < candidates.size(); i++) {
                IndexLane lane = lane(candidates.get(i).id());
                int place = lane == null ? -1 : lookup.place(lane);
                if (place >= 0) {
                    blocks.set(i, lookup, place);
                }
            }
            held.add(blocks);
        }
        lookups.giveBack(lookup);
        return CompletableFuture.completedFuture(new IndexAnswer.Held(held));
    }

    @Override
    public Map<String, SourceView> views() {
        long now = nanoClock.getAsLong();
        Map<Integer, LaneStatus> statuses = replica.status().lanes();
        return endpoints.views(name -> {
            LaneDescription description = replica.description(name.endpoint(), name.rank());
            IndexLane lane = replica.lane(name.endpoint(), name.rank());
            return description != null
                            && lane != null
                            && endpoints.isAlike(
                                    description.spec().blockTokens(),
                                    description.spec().keyMode())
                    ? view(lane, statuses.get(description.number()), now)
                    : null;
        });
    }

    private static SourceView view(IndexLane lane, @Nullable LaneStatus status, long now) {
        if (status == null) {
            return new SourceView(false, SourceView.State.CATCHING_UP, false, 0, 1);
        }
        double trust = status.weight(now);
        SourceView.State state = status.isWaiting()
                ? SourceView.State.CATCHING_UP
                : status.isStale() || trust < 1 ? SourceView.State.DEGRADED : SourceView.State.EXACT;
        return new SourceView(trust == 1, state, lane.isComplete() && !status.isPartial(), 0, trust);
    }

    @Override
    public @Nullable IndexLane lane(String endpointId) {
        LaneName name = endpoints.name(endpointId);
        return name == null ? null : replica.lane(name.endpoint(), name.rank());
    }

    @Override
    public long blocks() {
        return replica.index().blocks();
    }

    @Override
    public long bytes() {
        return replica.index().bytes();
    }

    @Override
    public long evictedBlocks() {
        return replica.index().evictedBlocks();
    }

    @Override
    public void close() {
        replica.close();
    }
}
