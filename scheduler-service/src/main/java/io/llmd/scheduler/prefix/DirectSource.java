package io.llmd.scheduler.prefix;

import io.llmd.kv.index.IndexLane;
import io.llmd.kv.index.PrefixLookup;
import io.llmd.kv.ingest.direct.DirectIndex;
import io.llmd.kv.ingest.zmq.ZmqAddress;
import io.llmd.kv.ingest.zmq.ZmqSource;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Reads the sockets of engines, and those of storages that endpoints share, into an index in this process. */
final class DirectSource implements PrefixSource {

    private static final String STORAGE_PREFIX = "storage:";

    /** A storage that is followed. */
    private record Storage(Map<String, String> reach, IndexLane lane) {}

    private final EngineEvents events;
    private final DirectIndex index;
    private final SpareLookups lookups = new SpareLookups();
    private final List<Storage> storages = new ArrayList<>();
    private final Map<String, IndexLane> lanes = new ConcurrentHashMap<>();

    /** @param nanoClock monotonic clock */
    DirectSource(EngineEvents events, KvIndexSource.Engines settings, LongSupplier nanoClock) {
        this.events = events;
        index = new DirectIndex(events.pool(), nanoClock);
        for (KvIndexSource.Storage storage : settings.storages()) {
            ZmqSource source =
                    ZmqSource.of(STORAGE_PREFIX + storage.name(), 0, storage.address(), storage.replayAddress());
            storages.add(new Storage(storage.reach(), index.addStorage(source)));
        }
    }

    /** An index whose batches are handed over. @param nanoClock monotonic clock */
    DirectSource(EngineEvents events, KvIndexSource.Handed settings, LongSupplier nanoClock) {
        this.events = events;
        index = new DirectIndex(events.pool(), nanoClock, settings.sources().get());
    }

    @Override
    public void follow(EndpointMetadata endpoint) {
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
    public void forget(EndpointMetadata endpoint) {
        lanes.remove(endpoint.id());
        index.remove(endpoint.id(), endpoint.rankIndex());
    }

    @Override
    public long root(String targetModel) {
        return index.root(targetModel);
    }

    @Override
    public CompletableFuture<IndexAnswer> match(long[][] prompts, Candidates candidates) {
        List<HeldBlocks> held = new ArrayList<>(prompts.length);
        PrefixLookup lookup = lookups.take();
        for (long[] keys : prompts) {
            HeldBlocks blocks = new HeldBlocks(candidates.size());
            index.index().match(keys, keys.length, lookup);
            for (int i = 0; i < candidates.size(); i++) {
                IndexLane lane = lanes.get(candidates.get(i).id());
                int place = lane == null ? -1 : lookup.place(lane);
                if (place >= 0) {
                    blocks.set(i, lookup, place);
                }
            }
            for (Storage storage : storages) {
                extend(blocks, storage, keys, candidates, lookup);
            }
            held.add(blocks);
        }
        lookups.giveBack(lookup);
        return CompletableFuture.completedFuture(new IndexAnswer.Held(held));
    }

    /** Behind what an endpoint holds itself, it can load what the storage holds without a gap. */
    private void extend(HeldBlocks blocks, Storage storage, long[] keys, Candidates candidates, PrefixLookup lookup) {
        int knownFrom = -1;
        int known = 0;
        for (int i = 0; i < candidates.size(); i++) {
            EndpointMetadata endpoint = candidates.get(i).metadata();
            if (!endpoint.labels().entrySet().containsAll(storage.reach().entrySet())) {
                continue;
            }
            int from = blocks.blocks(i);
            if (from != knownFrom) {
                knownFrom = from;
                known = index.index().run(storage.lane(), keys, from, keys.length, lookup);
            }
            IndexLane lane = lanes.get(candidates.get(i).id());
            blocks.extend(i, known, lane != null && lane.hasOtherGroups());
        }
    }

    @Override
    public Map<String, SourceView> views() {
        Map<String, SourceView> views = new HashMap<>();
        for (DirectIndex.Lane lane : index.lanes()) {
            String endpoint = lane.source().source().endpoint();
            if (!endpoint.startsWith(STORAGE_PREFIX)) {
                views.put(
                        endpoint,
                        new SourceView(
                                lane.source().isConnected(),
                                SourceView.State.named(lane.source().state().name()),
                                lane.lane().isComplete(),
                                lane.source().lagBatches(),
                                1));
            }
        }
        return views;
    }

    @Override
    public @Nullable IndexLane lane(String endpointId) {
        return lanes.get(endpointId);
    }

    @Override
    public long blocks() {
        return index.index().blocks();
    }

    @Override
    public long bytes() {
        return index.index().bytes();
    }

    @Override
    public long evictedBlocks() {
        return index.index().evictedBlocks();
    }

    @Override
    public void close() {
        index.close();
    }
}
