package io.llmd.suite;

import io.llmd.kv.index.PrefixLookup;
import io.llmd.kv.ingest.SourceState;
import io.llmd.kv.ingest.direct.DirectIndex;
import io.llmd.kv.ingest.direct.PoolSettings;
import io.llmd.kv.ingest.zmq.ZmqAddress;
import io.llmd.kv.ingest.zmq.ZmqSource;
import io.llmd.simulator.VllmSimulator;
import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;

/** What endpoints hold, by their events, read beside the suite. For one thread. */
final class CacheObserver implements AutoCloseable {

    private final DirectIndex index;
    private final PrefixLookup lookup = new PrefixLookup();

    CacheObserver(List<VllmSimulator> endpoints, String model) {
        index = new DirectIndex(PoolSettings.DEFAULT.withModel(model), System::nanoTime);
        for (int i = 0; i < endpoints.size(); i++) {
            var events = Objects.requireNonNull(endpoints.get(i).kvEvents());
            URI replay = URI.create(Objects.requireNonNull(events.replayEndpoint()));
            index.add(ZmqSource.of(
                    name(i),
                    0,
                    new ZmqAddress("127.0.0.1", events.port()),
                    new ZmqAddress("127.0.0.1", replay.getPort())));
        }
    }

    static String name(int endpoint) {
        return "default/sim-" + endpoint;
    }

    /** Keys of the blocks of a prompt. */
    long[] keys(int[] prompt) {
        long[] keys = new long[prompt.length / index.blockTokens()];
        index.hasher().chain(index.root(RunningSuite.MODEL), prompt, 0, keys.length, index.blockTokens(), keys, 0);
        return keys;
    }

    /** Endpoints that hold leading blocks, such as {@code default/sim-0:2}. */
    TreeSet<String> holders(long... keys) {
        index.index().match(keys, keys.length, lookup);
        TreeSet<String> holders = new TreeSet<>();
        for (int at = lookup.first(); at >= 0; at = lookup.next(at)) {
            holders.add(lookup.lane(at).endpoint() + ":" + lookup.blocks(at));
        }
        return holders;
    }

    /** Leading blocks that an endpoint holds. */
    int blocks(int endpoint, long[] keys) {
        index.index().match(keys, keys.length, lookup);
        for (int at = lookup.first(); at >= 0; at = lookup.next(at)) {
            if (lookup.lane(at).endpoint().equals(name(endpoint))) {
                return lookup.blocks(at);
            }
        }
        return 0;
    }

    long memberships() {
        return index.index().memberships();
    }

    /** Whether all that engines have published was read. */
    boolean isLevel(List<VllmSimulator> endpoints) {
        for (DirectIndex.Lane lane : index.lanes()) {
            int number = Integer.parseInt(lane.lane().endpoint().substring(name(0).length() - 1));
            long published =
                    Objects.requireNonNull(endpoints.get(number).kvEvents()).sequence();
            if (lane.source().state() != SourceState.EXACT || lane.source().appliedSequence() + 1 != published) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() {
        index.close();
    }
}
